/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYN cookies: handshakes without a record (RFC 4987 section 3.6).
 *
 * Our initial sequence number is a keyed hash of what the record would hold, and of the time. The
 * third segment brings it back, and in the echo of our timestamp what does not fit beside it: SACK,
 * window scale and ECN. All of it is under the hash: nobody gets a connection with other options
 * than those that were agreed upon.
 */
#ifndef _ATCP_CORE_COOKIE_H
#define _ATCP_CORE_COOKIE_H

#include "config.h"
#include "handshake.h"

/* A cookie is good for between one and two of these, ns: a minute or two. */
#define ATCP_COOKIE_PERIOD	(64ULL << 30)

/**
 * struct atcp_cookie - how the host makes and knows its cookies
 * @mac: keyed hash of @ends and the three numbers
 * @ends: addresses and ports
 */
struct atcp_cookie {
	u32 (*mac)(const void *ends, u32 irs, u32 count, u32 word);
	const void *ends;
};

/**
 * atcp_cookie_make() - make of a handshake's first answer one that needs no record
 * @k: the host's
 * @l: as for atcp_listen_input()
 * @req: from atcp_listen_input(), which said ATCP_V_NEW; for nothing any more afterwards
 * @now: ns, as there
 * @out: its SYN,ACK, changed
 *
 * Without timestamps there is neither SACK nor window scale nor ECN.
 */
void atcp_cookie_make(const struct atcp_cookie *k, const struct atcp_listen *l,
		      struct atcp_req *req, u64 now, struct atcp_seg *out);

/**
 * atcp_cookie_check() - a segment came for a handshake that has no record
 * @k: as for atcp_cookie_make()
 * @l: as for atcp_listen_input() at the SYN, but for its mtu, which is not looked at
 * @cfg: likewise
 * @s: the segment: ACK, neither SYN nor RST
 * @ts_off: likewise
 * @now: ns
 * @req: filled in as the record would be, for atcp_conn_accept()
 *
 * Return: is it the third segment of a handshake by an atcp_cookie_make() that is not too old?
 */
bool atcp_cookie_check(const struct atcp_cookie *k, const struct atcp_listen *l,
		       const struct atcp_cfg *cfg, const struct atcp_seg *s, u32 ts_off, u64 now,
		       struct atcp_req *req);

#endif /* _ATCP_CORE_COOKIE_H */
