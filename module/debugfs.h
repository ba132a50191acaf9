/* SPDX-License-Identifier: GPL-2.0-only */
/* /sys/kernel/debug/atcp: connections and trace. */
#ifndef _ATCP_DEBUGFS_H
#define _ATCP_DEBUGFS_H

/* Never fails: without debugfs there is nothing to look at, and all else works. */
void atcp_debugfs_init(void);

/* Waits for readers; the tables have to be there still. */
void atcp_debugfs_exit(void);

#endif /* _ATCP_DEBUGFS_H */
