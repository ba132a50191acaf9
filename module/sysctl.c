// SPDX-License-Identifier: GPL-2.0-only
/* net.atcp.*, per namespace. */
#include <linux/slab.h>
#include <net/tcp.h>
#include "compat.h"
#include "core/cc.h"
#include "mem.h"
#include "netns.h"

#define LIMIT_OUTPUT	(16 * 65536)
#define WMEM_DEFAULT	16384
#define WMEM_MAX	(4 << 20)
#define RMEM_DEFAULT	131072
#define RMEM_MAX	(6 << 20)

/**
 * struct knob - one setting
 * @name: file; that of net.ipv4 without its tcp_ where there is one
 * @off: of its field in struct atcp_net
 * @size: of its field, bytes
 * @unit: of the file in units of the field
 * @min: least value of the file
 * @max: greatest value of the file
 */
struct knob {
	const char *name;
	u16 off;
	u8 size;
	u64 unit;
	unsigned long min;
	unsigned long max;
};

#define KNOB(n, field, u, lo, hi) {					\
	.name = n, .off = offsetof(struct atcp_net, field),		\
	.size = sizeof_field(struct atcp_net, field), .unit = u, .min = lo, .max = hi }

#define SEC_MAX	(U32_MAX / 1000)

static const struct knob knobs[] = {
	KNOB("abort_on_overflow", cfg.abort_on_overflow, 1, 0, 1),
	KNOB("delack_max_us", cfg.delack_max, ATCP_NS_PER_US, 0, 499999), /* MUST-40 */
	KNOB("early_retrans", cfg.early_retrans, 1, 0, 4),
	KNOB("ecn", cfg.ecn, 1, 0, 2),
	KNOB("fin_timeout", cfg.fin_timeout, ATCP_NS_PER_SEC, 1, SEC_MAX),
	KNOB("frto", cfg.frto, 1, 0, 2),
	KNOB("invalid_ratelimit", cfg.challenge_intvl, ATCP_NS_PER_MS, 0, INT_MAX),
	KNOB("keepalive_intvl", cfg.keep_intvl, ATCP_NS_PER_SEC, 1, SEC_MAX),
	KNOB("keepalive_probes", cfg.keep_probes, 1, 1, 255),
	KNOB("keepalive_time", cfg.keep_idle, ATCP_NS_PER_SEC, 1, SEC_MAX),
	KNOB("limit_output_bytes", limit_output, 1, 0, INT_MAX),
	KNOB("linear_timeouts", cfg.linear_timeouts, 1, 0, 6),
	KNOB("max_orphans", max_orphans, 1, 0, INT_MAX),
	KNOB("max_syn_backlog", max_syn_backlog, 1, 0, INT_MAX),
	KNOB("max_tw_buckets", max_tw_buckets, 1, 0, INT_MAX),
	KNOB("min_snd_mss", cfg.min_snd_mss, 1, 8, 65535),
	KNOB("moderate_rcvbuf", cfg.moderate_rcvbuf, 1, 0, 1),
	KNOB("notsent_lowat", notsent_lowat, 1, 0, UINT_MAX),
	KNOB("orphan_retries", cfg.orphan_retries, 1, 0, 255),
	KNOB("retries1", cfg.retries1, 1, 0, 255),
	KNOB("retries2", cfg.retries2, 1, 0, 255),
	KNOB("rfc1337", cfg.rfc1337, 1, 0, 1),
	KNOB("rto_max_ms", cfg.rto_max, ATCP_NS_PER_MS, 1000, 120000),
	KNOB("rto_min_us", cfg.rto_min, ATCP_NS_PER_US, 1, 120000000),
	KNOB("sack", cfg.sack, 1, 0, 1),
	KNOB("slow_start_after_idle", cfg.slow_start_idle, 1, 0, 1),
	KNOB("syn_retries", cfg.syn_retries, 1, 1, 127),
	KNOB("synack_retries", cfg.synack_retries, 1, 0, 255),
	KNOB("syncookies", syncookies, 1, 0, 2),
	KNOB("time_wait_us", cfg.time_wait, ATCP_NS_PER_US, 1, UINT_MAX),
	KNOB("timestamps", cfg.timestamps, 1, 0, 1),
	KNOB("tw_reuse", reuse_tw, 1, 0, 2),
	KNOB("user_timeout_max", cfg.uto_max, ATCP_NS_PER_SEC, 100, SEC_MAX),
	KNOB("user_timeout_min", cfg.uto_min, ATCP_NS_PER_SEC, 1, SEC_MAX),
	KNOB("window_scaling", cfg.window_scaling, 1, 0, 1),
};

#define NKNOBS	ARRAY_SIZE(knobs)

static u64 knob_get(const struct knob *k, const void *field)
{
	switch (k->size) {
	case 1:
		return READ_ONCE(*(const u8 *)field);
	case 4:
		return READ_ONCE(*(const u32 *)field);
	default:
		return READ_ONCE(*(const u64 *)field);
	}
}

static void knob_set(const struct knob *k, void *field, u64 val)
{
	switch (k->size) {
	case 1:
		WRITE_ONCE(*(u8 *)field, val);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)field, val);
		break;
	default:
		WRITE_ONCE(*(u64 *)field, val);
		break;
	}
}

/* extra1 is the struct knob, data its field. */
static int knob_handler(atcp_ctl_table *ctl, int write, void *buf, size_t *len, loff_t *pos)
{
	const struct knob *k = ctl->extra1;
	unsigned long val = div64_u64(knob_get(k, ctl->data), k->unit);
	unsigned long min = k->min, max = k->max;
	struct ctl_table tmp = {
		.data = &val, .maxlen = sizeof(val), .mode = ctl->mode,
		.extra1 = &min, .extra2 = &max,
	};
	unsigned long old = val;
	int err = proc_doulongvec_minmax(&tmp, write, buf, len, pos);

	/* A value out of range is passed over without an error: say so, as native settings do. */
	if (write && !err && val != old)
		knob_set(k, ctl->data, val * k->unit);
	return err;
}

/* A name, as TCP_CONGESTION takes it; extra2 is the namespace. */
static int cc_handler(atcp_ctl_table *ctl, int write, void *buf, size_t *len, loff_t *pos)
{
	struct atcp_net *an = ctl->extra2;
	char name[ATCP_CC_NAME_MAX];
	struct ctl_table tmp = { .data = name, .maxlen = sizeof(name), .mode = ctl->mode };
	const struct atcp_cc_ops *cc;
	int err;

	strscpy(name, READ_ONCE(an->cfg.cc)->name, sizeof(name));
	err = proc_dostring(&tmp, write, buf, len, pos);
	if (!write || err)
		return err;
	cc = atcp_cc_find(name);
	if (!cc)
		return -ENOENT;
	WRITE_ONCE(an->cfg.cc, cc);
	return 0;
}

static int cc_names_handler(atcp_ctl_table *ctl, int write, void *buf, size_t *len, loff_t *pos)
{
	char names[4 * ATCP_CC_NAME_MAX];
	struct ctl_table tmp = { .data = names, .maxlen = sizeof(names), .mode = ctl->mode };

	atcp_cc_names(names, sizeof(names));
	return proc_dostring(&tmp, write, buf, len, pos);
}

static void cc_entries(struct ctl_table *t, struct atcp_net *an)
{
	t[0] = (struct ctl_table){
		.procname = "congestion_control", .maxlen = ATCP_CC_NAME_MAX, .mode = 0644,
		.proc_handler = cc_handler, .extra2 = an,
	};
	t[1] = (struct ctl_table){
		.procname = "available_congestion_control", .maxlen = ATCP_CC_NAME_MAX,
		.mode = 0444, .proc_handler = cc_names_handler,
	};
}

/* Of the bytes of a receive buffer half are for payload, the rest is for what carries it. */
static void rmem_to_cfg(struct atcp_net *an)
{
	WRITE_ONCE(an->cfg.rcv_buf_default, an->rmem[1] / 2);
	WRITE_ONCE(an->cfg.rcv_buf_max, an->rmem[2] / 2);
}

/* Three numbers: extra2 is the namespace. */
static int mem_handler(atcp_ctl_table *ctl, int write, void *buf, size_t *len, loff_t *pos)
{
	struct atcp_net *an = ctl->extra2;
	int max = INT_MAX / 2;
	struct ctl_table tmp = {
		.data = ctl->data, .maxlen = sizeof(an->rmem), .mode = ctl->mode,
		.extra1 = SYSCTL_ONE, .extra2 = &max,
	};
	int err = proc_dointvec_minmax(&tmp, write, buf, len, pos);

	if (write && !err)
		rmem_to_cfg(an);
	return err;
}

static void mem_entry(struct ctl_table *t, const char *name, struct atcp_net *an, u32 *field)
{
	*t = (struct ctl_table){
		.procname = name, .data = field, .maxlen = sizeof(an->rmem), .mode = 0644,
		.proc_handler = mem_handler, .extra2 = an,
	};
}

static void defaults(struct atcp_net *an)
{
	atcp_cfg_init(&an->cfg);
	/* native TCP's bound for a machine of this size */
	an->max_tw_buckets = an->net->ipv4.tcp_death_row.sysctl_max_tw_buckets;
	an->limit_output = LIMIT_OUTPUT;
	an->notsent_lowat = U32_MAX;
	/* of the size of its table, as this one */
	an->max_orphans = an->max_tw_buckets;
	an->max_syn_backlog = an->net->ipv4.sysctl_max_syn_backlog;
	an->reuse_tw = 2;
	an->syncookies = 1;
	an->wmem[0] = PAGE_SIZE;
	an->wmem[1] = WMEM_DEFAULT;
	an->wmem[2] = WMEM_MAX;
	an->rmem[0] = PAGE_SIZE;
	an->rmem[1] = RMEM_DEFAULT;
	an->rmem[2] = RMEM_MAX;
	atcp_mem_limits(an->mem_limit);
	rmem_to_cfg(an);
}

int atcp_sysctl_net_init(struct atcp_net *an)
{
	struct ctl_table *t;
	size_t i;

	defaults(an);
	t = kcalloc(NKNOBS + 6, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	for (i = 0; i < NKNOBS; i++)
		t[i] = (struct ctl_table){
			.procname = knobs[i].name, .data = (void *)an + knobs[i].off,
			.maxlen = knobs[i].size, .mode = 0644,
			.proc_handler = knob_handler, .extra1 = (void *)&knobs[i],
		};
	mem_entry(&t[i++], "mem", an, an->mem_limit);
	mem_entry(&t[i++], "rmem", an, an->rmem);
	mem_entry(&t[i++], "wmem", an, an->wmem);
	cc_entries(&t[i], an);
	i += 2;
	an->sysctl = atcp_register_sysctl(an->net, "net/atcp", t, i);
	if (an->sysctl)
		return 0;
	kfree(t);
	return -ENOMEM;
}

void atcp_sysctl_net_exit(struct atcp_net *an)
{
	struct ctl_table *t = atcp_sysctl_table(an->sysctl);

	unregister_net_sysctl_table(an->sysctl);
	kfree(t);
}
