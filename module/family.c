// SPDX-License-Identifier: GPL-2.0-only
/* The protocol family: its registration, the making of its sockets and the memory they take. */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/percpu_counter.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/inet_common.h>
#include <net/sock.h>
#include <net/transp_v6.h>
#include <uapi/linux/atcp.h>
#include "calls.h"
#include "core/api.h"
#include "family.h"
#include "mem.h"
#include "netns.h"
#include "ports.h"
#include "rcv.h"
#include "timer.h"

int atcp_family = PF_ATCP;
module_param_named(family, atcp_family, int, 0444);
MODULE_PARM_DESC(family, "Number of the protocol family (default 18)");

static atomic_long_t memory_allocated ____cacheline_aligned_in_smp;
static DEFINE_PER_CPU(int, per_cpu_fw_alloc);
static struct percpu_counter sockets_allocated;
static unsigned long memory_pressure;
static long sysctl_mem[3];
/* Floors of the memory accounting; sk_sndbuf and sk_rcvbuf come from net.atcp.wmem and rmem. */
static int mem_floor[3] = { PAGE_SIZE, 16384, 131072 };

static void enter_memory_pressure(struct sock *sk)
{
	if (!READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, jiffies ? : 1);
}

static void leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 0);
}

static void sock_destruct(struct sock *sk)
{
	atcp_timer_end(sk);
	atcp_conn_purge(&atcp_sk(sk)->conn);
	atcp_listen_free(sk);
	percpu_counter_dec(&sockets_allocated);
	if (atcp_is_v6_sock(sk))
		inet6_sock_destruct(sk);
	else
		inet_sock_destruct(sk);
	/* the namespace of an orphan may be gone by now: its last bytes were given back with it */
	WARN_ON_ONCE(atcp_sk(sk)->mem_pages || atcp_sk(sk)->counted_orphan);
}

/* The generic part, as ip(7) and ipv6(7) have it. */
static void init_inet(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	struct ipv6_pinfo *np;

	inet->uc_ttl = -1;
	inet->mc_loop = 1;
	inet->mc_ttl = 1;
	inet->mc_all = 1;
	inet->pmtudisc = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc) ?
			 IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	if (sk->sk_prot_creator != &atcp6_prot)
		return;
	np = &((struct atcp6_sock *)sk)->inet6;
	inet->pinet6 = np;
	np->hop_limit = -1;
	np->mcast_hops = IPV6_DEFAULT_MCASTHOPS;
	np->mc_loop = 1;
	np->mc_all = 1;
	np->pmtudisc = IPV6_PMTUDISC_WANT;
	sk->sk_ipv6only = READ_ONCE(net->ipv6.sysctl.bindv6only);
}

/* proto.init */
static int sock_init(struct sock *sk)
{
	struct atcp_net *an = atcp_pernet(sock_net(sk));
	struct atcp_sock *as = atcp_sk(sk);

	sock_set_flag(sk, SOCK_RCU_FREE);
	sk->sk_destruct = sock_destruct;
	sk->sk_backlog_rcv = sk->sk_prot->backlog_rcv;
	sk->sk_write_space = atcp_write_space;
	sk->sk_sndbuf = READ_ONCE(an->wmem[1]);
	sk->sk_rcvbuf = READ_ONCE(an->rmem[1]);
	as->flow.net = sock_net(sk);
	as->flow.kind = ATCP_FLOW_SOCK;
	INIT_LIST_HEAD(&as->accept_node);
	atcp_conn_init(&as->conn, &an->cfg);
	atcp_timer_init(sk);
	sk_sockets_allocated_inc(sk);
	return 0;
}

/* Addresses in a struct sockaddr_in. */
static const struct proto_ops inet_ops = {
	.family		= PF_ATCP,
	.owner		= THIS_MODULE,
	.release	= inet_release,
	.bind		= inet_bind,
	.connect	= inet_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet_getname,
	.poll		= atcp_poll,
	.ioctl		= inet_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= atcp_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= atcp_setsockopt,
	.getsockopt	= atcp_getsockopt,
	.sendmsg	= atcp_sendmsg,
	.recvmsg	= atcp_recvmsg,
	.mmap		= sock_no_mmap,
	.set_rcvlowat	= atcp_set_rcvlowat,
};

/* Addresses in a struct sockaddr_in6. */
static const struct proto_ops inet6_ops = {
	.family		= PF_ATCP,
	.owner		= THIS_MODULE,
	.release	= inet6_release,
	.bind		= inet6_bind,
	.connect	= inet_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet6_getname,
	.poll		= atcp_poll,
	.ioctl		= inet6_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= atcp_listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= atcp_setsockopt,
	.getsockopt	= atcp_getsockopt,
	.sendmsg	= atcp_sendmsg,
	.recvmsg	= atcp_recvmsg,
	.mmap		= sock_no_mmap,
	.set_rcvlowat	= atcp_set_rcvlowat,
};

static int get_port(struct sock *sk, unsigned short port)
{
	return atcp_port_bind(sk, port);
}

#define ATCP_PROTO_COMMON \
	.owner			= NULL,	/* orphans do not keep the module, open files do */ \
	.close			= atcp_close, \
	.disconnect		= atcp_disconnect, \
	.accept			= atcp_accept, \
	.ioctl			= atcp_ioctl, \
	.init			= sock_init, \
	.shutdown		= atcp_shutdown, \
	.keepalive		= atcp_keepalive, \
	.backlog_rcv		= atcp_backlog_rcv, \
	.release_cb		= atcp_release_cb, \
	.get_port		= get_port, \
	.put_port		= atcp_port_unbind, \
	.stream_memory_free	= atcp_stream_memory_free, \
	.enter_memory_pressure	= enter_memory_pressure, \
	.leave_memory_pressure	= leave_memory_pressure, \
	.memory_allocated	= &memory_allocated, \
	.per_cpu_fw_alloc	= &per_cpu_fw_alloc, \
	.sockets_allocated	= &sockets_allocated, \
	.memory_pressure	= &memory_pressure, \
	.sysctl_mem		= sysctl_mem, \
	.sysctl_wmem		= mem_floor, \
	.sysctl_rmem		= mem_floor, \
	.no_autobind		= true

struct proto atcp_prot = {
	.name		= "ATCP",
	.connect	= atcp_v4_connect,
	.obj_size	= sizeof(struct atcp_sock),
	ATCP_PROTO_COMMON,
};

struct proto atcp6_prot = {
	.name		= "ATCPv6",
	.connect	= atcp_v6_connect,
	.obj_size	= sizeof(struct atcp6_sock),
	ATCP_PROTO_COMMON,
};

static int create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct proto *prot;
	struct sock *sk;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol == ATCPPROTO_INET)
		prot = &atcp_prot;
	else if (protocol == ATCPPROTO_INET6)
		prot = &atcp6_prot;
	else
		return -EPROTONOSUPPORT;
	if (prot == &atcp6_prot && !ipv6_mod_enabled())
		return -EAFNOSUPPORT;
	sk = sk_alloc(net, atcp_family, GFP_KERNEL, prot, kern);
	if (!sk)
		return -ENOBUFS;
	sock->ops = prot == &atcp_prot ? &inet_ops : &inet6_ops;
	sock->state = SS_UNCONNECTED;
	sock_init_data(sock, sk);
	sk->sk_protocol = protocol;
	init_inet(sk);
	sock_init(sk);
	return 0;
}

static struct net_proto_family proto_family = {
	.create	= create,
	.owner	= THIS_MODULE,
};

/* Limits of all sockets together, in pages; as native TCP sizes tcp_mem. */
static void init_mem_limits(void)
{
	u32 limit[3];
	int i;

	atcp_mem_limits(limit);
	for (i = 0; i < ARRAY_SIZE(limit); i++)
		sysctl_mem[i] = limit[i];
}

/*
 * With a slab cache of its own making: proto_register() would pad each socket to cache lines, one
 * socket less in every slab.
 */
static int register_prot(struct proto *p)
{
	int err;

	p->slab = kmem_cache_create_usercopy(p->name, p->obj_size, 0, SLAB_ACCOUNT,
					     p->useroffset, p->usersize, NULL);
	if (!p->slab)
		return -ENOMEM;
	err = proto_register(p, 0);
	if (err) {
		kmem_cache_destroy(p->slab);
		p->slab = NULL;
	}
	return err;
}

int atcp_family_register(void)
{
	int err;

	init_mem_limits();
	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	err = register_prot(&atcp_prot);
	if (err)
		goto no_proto;
	err = register_prot(&atcp6_prot);
	if (err)
		goto no_proto6;
	proto_family.family = atcp_family;
	err = sock_register(&proto_family);
	if (err)
		goto no_family;
	return 0;

no_family:
	proto_unregister(&atcp6_prot);
no_proto6:
	proto_unregister(&atcp_prot);
no_proto:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

void atcp_family_close(void)
{
	sock_unregister(atcp_family);
}

void atcp_family_drain(void)
{
	/* what they sent may wait in a qdisc, and their memory for a grace period */
	while (percpu_counter_sum(&sockets_allocated) > 0)
		msleep(20);
	rcu_barrier();
}

void atcp_family_unregister(void)
{
	proto_unregister(&atcp6_prot);
	proto_unregister(&atcp_prot);
	percpu_counter_destroy(&sockets_allocated);
}
