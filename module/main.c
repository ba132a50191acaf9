// SPDX-License-Identifier: GPL-2.0-only
/* The module: what is set up in which order, and taken down again. */
#include <linux/module.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include "debugfs.h"
#include "demux.h"
#include "diag.h"
#include "drain.h"
#include "family.h"
#include "netns.h"
#include "ports.h"
#include "records.h"
#include "secret.h"
#include "sock.h"

static int __init atcp_init(void)
{
	int err;

	atcp_secret_init();
	atcp_drain_init();
	err = atcp_demux_init();
	if (err)
		return err;
	err = atcp_ports_init();
	if (err)
		goto no_ports;
	err = atcp_request_init();
	if (err)
		goto no_requests;
	err = atcp_timewait_init();
	if (err)
		goto no_timewait;
	err = atcp_netns_init();
	if (err)
		goto no_netns;
	err = atcp_family_register();
	if (err)
		goto no_family;
	err = atcp_diag_init(atcp_family);
	if (err)
		goto no_diag;
	atcp_debugfs_init();
	return 0;

no_diag:
	atcp_family_close();
	atcp_family_drain();
	atcp_drain_exit();
	atcp_family_unregister();
no_family:
	atcp_netns_exit();
no_netns:
	atcp_timewait_exit();
no_timewait:
	atcp_request_exit();
no_requests:
	atcp_ports_exit();
no_ports:
	atcp_demux_exit();
	return err;
}

/* No socket is open: an open one holds the module. What users have left behind ends here. */
static void __exit atcp_exit(void)
{
	atcp_debugfs_exit();
	atcp_diag_exit();
	atcp_family_close();
	atcp_netns_exit();
	atcp_family_drain();
	atcp_drain_exit();
	/* Records and sockets on their way through RCU come from caches that go now. */
	rcu_barrier();
	atcp_family_unregister();
	atcp_timewait_exit();
	atcp_request_exit();
	atcp_ports_exit();
	atcp_demux_exit();
}

module_init(atcp_init);
module_exit(atcp_exit);

MODULE_DESCRIPTION("A second TCP");
MODULE_LICENSE("GPL");
MODULE_ALIAS_NETPROTO(18); /* PF_ATCP */
