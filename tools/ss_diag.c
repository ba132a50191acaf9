// SPDX-License-Identifier: GPL-2.0-only
/* NETLINK_SOCK_DIAG: ask for a dump and read the answers. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "cmd.h"
#include "ss.h"

struct dump {
	const struct ss_filter *filter;
	int (*each)(const struct ss_socket *s, void *arg);
	void *arg;
};

/* At most @size bytes: another kernel may have more of a struct, or less. */
static void copy_attr(void *to, size_t size, const struct nlattr *a)
{
	size_t n = mnl_attr_get_payload_len(a);

	memcpy(to, mnl_attr_get_payload(a), n < size ? n : size);
}

static int take_attr(const struct nlattr *a, void *arg)
{
	struct ss_socket *s = arg;

	switch (mnl_attr_get_type(a)) {
	case INET_DIAG_INFO:
		copy_attr(&s->info, sizeof(s->info), a);
		s->has_info = true;
		break;
	case INET_DIAG_SKMEMINFO:
		copy_attr(s->mem, sizeof(s->mem), a);
		s->has_mem = true;
		break;
	case INET_DIAG_CONG:
		copy_attr(s->cong, sizeof(s->cong) - 1, a);
		break;
	case INET_DIAG_TOS:
		copy_attr(&s->tos, sizeof(s->tos), a);
		break;
	case INET_DIAG_SHUTDOWN:
		copy_attr(&s->shutdown, sizeof(s->shutdown), a);
		break;
	case INET_DIAG_SKV6ONLY:
		s->v6only = mnl_attr_get_payload_len(a) >= 1 && mnl_attr_get_u8(a);
		break;
	case INET_DIAG_MARK:
		copy_attr(&s->mark, sizeof(s->mark), a);
		break;
	}
	return MNL_CB_OK;
}

static int take_message(const struct nlmsghdr *nlh, void *arg)
{
	struct ss_socket s = { };
	struct dump *d = arg;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(s.msg))
		return MNL_CB_OK;
	memcpy(&s.msg, mnl_nlmsg_get_payload(nlh), sizeof(s.msg));
	if (mnl_attr_parse(nlh, sizeof(s.msg), take_attr, &s) < 0)
		return MNL_CB_ERROR;
	if (!ss_filter_match(d->filter, &s))
		return MNL_CB_OK;
	return d->each(&s, d->arg) ? MNL_CB_STOP : MNL_CB_OK;
}

static int send_request(struct mnl_socket *nl, int family, const struct ss_filter *filter,
			uint8_t ext, unsigned int seq)
{
	char buf[256] __attribute__((aligned(4)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	req->sdiag_family = family;
	req->idiag_ext = ext;
	req->idiag_states = filter->states;
	req->id.idiag_sport = htons(filter->sport);
	req->id.idiag_dport = htons(filter->dport);
	return mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

static int receive(struct mnl_socket *nl, struct dump *d, unsigned int seq)
{
	const unsigned int portid = mnl_socket_get_portid(nl);
	char *buf = malloc(65536);
	int ret = -1;
	ssize_t n;

	if (!buf)
		return -1;
	do {
		n = mnl_socket_recvfrom(nl, buf, 65536);
		ret = n < 0 ? -1 : mnl_cb_run(buf, n, seq, portid, take_message, d);
	} while (ret > MNL_CB_STOP);
	free(buf);
	return ret;
}

int ss_dump(int family, const struct ss_filter *filter, uint8_t ext,
	    int (*each)(const struct ss_socket *s, void *arg), void *arg)
{
	struct dump d = { .filter = filter, .each = each, .arg = arg };
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	unsigned int seq = time(NULL);
	int err = 0;

	if (!nl)
		return fail(SS_CMD, "netlink: %s", strerror(errno));
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    send_request(nl, family, filter, ext, seq) || receive(nl, &d, seq) < 0)
		err = errno ? errno : EIO;
	mnl_socket_close(nl);
	if (err == ENOENT)
		return fail(SS_CMD, "nobody answers for family %d (is the module atcp loaded?)",
			    family);
	return err ? fail(SS_CMD, "netlink: %s", strerror(err)) : ST_OK;
}
