/* SPDX-License-Identifier: GPL-2.0-only */
/* The events that are counted, one line each: the name is nstat's without its group's prefix. */
#ifndef _ATCP_CORE_COUNTERS_H
#define _ATCP_CORE_COUNTERS_H

#define ATCP_COUNTERS(X) \
	X(Tcp, ActiveOpens) X(Tcp, PassiveOpens) X(Tcp, AttemptFails) \
	X(Tcp, EstabResets) X(Tcp, InSegs) X(Tcp, OutSegs) X(Tcp, RetransSegs) \
	X(Tcp, InErrs) X(Tcp, OutRsts) X(Tcp, InCsumErrors) X(TcpExt, EmbryonicRsts) \
	X(TcpExt, SyncookiesSent) X(TcpExt, SyncookiesRecv) X(TcpExt, SyncookiesFailed) \
	X(TcpExt, PruneCalled) X(TcpExt, RcvPruned) X(TcpExt, OfoPruned) \
	X(TcpExt, TCPRcvCollapsed) X(TcpExt, LockDroppedIcmps) \
	X(TcpExt, OutOfWindowIcmps) X(TcpExt, TW) X(TcpExt, TWRecycled) \
	X(TcpExt, TWKilled) X(TcpExt, TimeWaitOverflow) X(TcpExt, PAWSEstab) \
	X(TcpExt, DelayedACKs) X(TcpExt, ListenOverflows) X(TcpExt, ListenDrops) \
	X(TcpExt, TCPRenoRecovery) X(TcpExt, TCPSackRecovery) \
	X(TcpExt, TCPSACKReneging) X(TcpExt, TCPFastRetrans) \
	X(TcpExt, TCPSACKReorder) X(TcpExt, TCPPartialUndo) X(TcpExt, TCPFullUndo) \
	X(TcpExt, TCPDSACKUndo) X(TcpExt, TCPLossUndo) X(TcpExt, TCPSpuriousRTOs) \
	X(TcpExt, TCPSlowStartRetrans) X(TcpExt, TCPTimeouts) X(TcpExt, TCPLossProbes) \
	X(TcpExt, TCPLossProbeRecovery) \
	X(TcpExt, TCPBacklogDrop) X(TcpExt, TCPRcvQDrop) X(TcpExt, TCPAbortOnData) \
	X(TcpExt, TCPAbortOnClose) X(TcpExt, TCPAbortOnMemory) \
	X(TcpExt, TCPAbortOnTimeout) X(TcpExt, TCPAbortOnLinger) \
	X(TcpExt, TCPOFOQueue) X(TcpExt, TCPOFODrop) X(TcpExt, TCPChallengeACK) \
	X(TcpExt, TCPSYNChallenge) X(TcpExt, TCPACKSkippedChallenge) \
	X(TcpExt, TCPDSACKOldSent) X(TcpExt, TCPDSACKOfoSent) X(TcpExt, TCPDSACKRecv) \
	X(TcpExt, TCPSackDiscard) X(TcpExt, TCPFromZeroWindowAdv) \
	X(TcpExt, TCPToZeroWindowAdv) X(TcpExt, TCPWinProbe) X(TcpExt, TCPKeepAlive) \
	X(TcpExt, TCPSynRetrans) X(TcpExt, TCPReqQFullDoCookies) X(TcpExt, TCPReqQFullDrop) \
	X(TcpExt, TCPDeferAcceptDrop) X(TcpExt, TCPMinTTLDrop) \
	X(TcpExt, TCPSpuriousRtxHostQueues) X(Atcp, TimerEvents) X(Atcp, TimerEarly)

#define ATCP_COUNTER_ENUM(group, name) ATCP_C_##name,

enum atcp_counter {
	ATCP_COUNTERS(ATCP_COUNTER_ENUM)
	ATCP_NCOUNTERS
};

#endif /* _ATCP_CORE_COUNTERS_H */
