/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What core/ takes from its surroundings, in the kernel: types, list_head and
 * small arithmetic. The userspace library has a header of the same name.
 */
#ifndef _ATCP_ENV_H
#define _ATCP_ENV_H

#include <linux/types.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#endif /* _ATCP_ENV_H */
