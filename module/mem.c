// SPDX-License-Identifier: GPL-2.0-only
/* Memory and orphans of a namespace: what is in use, and what is too much. */
#include <linux/percpu_counter.h>
#include <linux/swap.h>
#include "mem.h"

/* Pages that a socket takes at a time, and how many it keeps for the next segments. */
#define QUANTUM		4
#define SLACK		16
/* Pages, and orphans, by which the sum of a CPU may be off; near a limit it is looked up. */
#define MEM_BATCH	256
#define ORPHAN_BATCH	32

/* atcp_net.mem_limit, as tcp(7) has tcp_mem */
enum { MEM_LOW, MEM_PRESSURE, MEM_HIGH };

static struct atcp_net *net_of(const struct sock *sk)
{
	return atcp_pernet(sock_net(sk));
}

static u32 pages(u64 bytes)
{
	return DIV_ROUND_UP(bytes, PAGE_SIZE);
}

static u32 queued(const struct sock *sk)
{
	return sk->sk_wmem_queued + atomic_read(&sk->sk_rmem_alloc);
}

static bool above(struct atcp_net *an, int which)
{
	return __percpu_counter_compare(&an->mem, READ_ONCE(an->mem_limit[which]), MEM_BATCH) > 0;
}

static void charge(struct sock *sk, s32 n)
{
	percpu_counter_add_batch(&net_of(sk)->mem, n, MEM_BATCH);
	atcp_sk(sk)->mem_pages += n;
}

/* Pressure begins above the second limit and ends at the first. Return: true below that. */
static bool relaxed(struct atcp_net *an)
{
	bool pressure = READ_ONCE(an->mem_pressure);

	if (likely(!above(an, MEM_LOW))) {
		if (pressure)
			WRITE_ONCE(an->mem_pressure, false);
		return true;
	}
	if (!pressure && above(an, MEM_PRESSURE))
		WRITE_ONCE(an->mem_pressure, true);
	return false;
}

/* What each connection may have in any case. */
static bool little(const struct sock *sk, const struct atcp_net *an, int kind)
{
	if (kind == SK_MEM_SEND)
		return sk->sk_wmem_queued < READ_ONCE(an->wmem[0]);
	return atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(an->rmem[0]);
}

static bool grow(struct sock *sk, u32 need, int kind)
{
	struct atcp_net *an = net_of(sk);
	s32 more = round_up(need, QUANTUM) - atcp_sk(sk)->mem_pages;

	bool full;

	charge(sk, more);
	full = !relaxed(an) && above(an, MEM_HIGH);
	atcp_mem_look(sk);
	if (likely(!full) || little(sk, an, kind))
		return true;
	charge(sk, -more);
	if (kind == SK_MEM_SEND)
		sk_stream_moderate_sndbuf(sk);
	return false;
}

bool atcp_mem_take(struct sock *sk, u32 size, int kind)
{
	u32 need = pages((u64)queued(sk) + size);

	return likely(need <= atcp_sk(sk)->mem_pages) || grow(sk, need, kind);
}

void atcp_mem_force(struct sock *sk, u32 size)
{
	u32 need = pages((u64)queued(sk) + size);

	if (need > atcp_sk(sk)->mem_pages)
		charge(sk, need - atcp_sk(sk)->mem_pages);
}

void atcp_mem_fit(struct sock *sk)
{
	u32 has = atcp_sk(sk)->mem_pages, need;

	if (!has)
		return;
	need = round_up(pages(queued(sk)), QUANTUM);
	if (need >= has || (need && has - need <= SLACK))
		return;
	charge(sk, need - has);
	if (unlikely(READ_ONCE(net_of(sk)->mem_pressure)))
		relaxed(net_of(sk));
}

void atcp_mem_look(struct sock *sk)
{
	atcp_sk(sk)->conn.mem_tight = READ_ONCE(net_of(sk)->mem_pressure) ||
				      sk_under_memory_pressure(sk);
}

/* Does it hold memory of which there is none left? */
static bool starved(struct sock *sk)
{
	return sk->sk_wmem_queued > SOCK_MIN_SNDBUF &&
	       (above(net_of(sk), MEM_HIGH) ||
		sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2));
}

bool atcp_orphan_begin(struct sock *sk)
{
	struct atcp_net *an = net_of(sk);
	u32 most = READ_ONCE(an->max_orphans);

	if (__percpu_counter_compare(&an->orphans, most, ORPHAN_BATCH) >= 0 || starved(sk))
		return false;
	atcp_sk(sk)->counted_orphan = 1;
	percpu_counter_add_batch(&an->orphans, 1, ORPHAN_BATCH);
	return true;
}

void atcp_orphan_end(struct sock *sk)
{
	if (!atcp_sk(sk)->counted_orphan)
		return;
	atcp_sk(sk)->counted_orphan = 0;
	percpu_counter_add_batch(&net_of(sk)->orphans, -1, ORPHAN_BATCH);
}

bool atcp_orphan_excess(struct sock *sk, bool doubt)
{
	struct atcp_net *an = net_of(sk);
	u32 most = READ_ONCE(an->max_orphans) >> doubt;

	return __percpu_counter_compare(&an->orphans, most, ORPHAN_BATCH) > 0 || starved(sk);
}

void atcp_mem_limits(u32 limit[3])
{
	u32 n = clamp(nr_free_buffer_pages() / 16, 128UL, (unsigned long)INT_MAX / 2);

	limit[MEM_LOW] = n / 4 * 3;
	limit[MEM_PRESSURE] = n;
	limit[MEM_HIGH] = n / 4 * 3 * 2;
}

int atcp_mem_net_init(struct atcp_net *an)
{
	int err = percpu_counter_init(&an->mem, 0, GFP_KERNEL);

	if (err)
		return err;
	err = percpu_counter_init(&an->orphans, 0, GFP_KERNEL);
	if (err)
		percpu_counter_destroy(&an->mem);
	return err;
}

void atcp_mem_net_exit(struct atcp_net *an)
{
	percpu_counter_destroy(&an->orphans);
	percpu_counter_destroy(&an->mem);
}
