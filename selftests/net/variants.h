/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture that every program here runs its scripts in: one network
 * namespace for the program, and a variant for each choice of ends and
 * addresses.
 */
#ifndef SELFTESTS_NET_VARIANTS_H
#define SELFTESTS_NET_VARIANTS_H

#include "kselftest_harness.h"
#include "net.h"

FIXTURE(ends)
{
	int unused;
};

FIXTURE_VARIANT(ends)
{
	struct net_mode mode;
};

/* The native ones show that a script says the same thing twice. */
FIXTURE_VARIANT_ADD(ends, native_v4) { { IP4, { false, false } } };
FIXTURE_VARIANT_ADD(ends, native_v6) { { IP6, { false, false } } };
FIXTURE_VARIANT_ADD(ends, atcp_v4) { { IP4, { true, true } } };
FIXTURE_VARIANT_ADD(ends, atcp_v6) { { IP6, { true, true } } };
FIXTURE_VARIANT_ADD(ends, atcp_dual) { { IP4_TO_DUAL, { true, true } } };
FIXTURE_VARIANT_ADD(ends, atcp_mapped) { { IP4_MAPPED, { true, true } } };
FIXTURE_VARIANT_ADD(ends, server_v4) { { IP4, { true, false } } };
FIXTURE_VARIANT_ADD(ends, server_v6) { { IP6, { true, false } } };
FIXTURE_VARIANT_ADD(ends, client_v4) { { IP4, { false, true } } };
FIXTURE_VARIANT_ADD(ends, client_v6) { { IP6, { false, true } } };

FIXTURE_SETUP(ends)
{
	const bool *atcp = variant->mode.atcp;

	if ((atcp[SRV] || atcp[CLI]) && net_atcp_family() < 0)
		SKIP(return, "ATCP_FAMILY=none");
	if (!atcp[SRV] && !atcp[CLI] && net_only_atcp())
		SKIP(return, "ATCP_ONLY");
}

FIXTURE_TEARDOWN(ends)
{
}

/* For scripts that wait for seconds: few variants. */
FIXTURE(slow)
{
	int unused;
};

FIXTURE_VARIANT(slow)
{
	struct net_mode mode;
};

FIXTURE_VARIANT_ADD(slow, native_v4) { { IP4, { false, false } } };
FIXTURE_VARIANT_ADD(slow, atcp_v4) { { IP4, { true, true } } };
FIXTURE_VARIANT_ADD(slow, atcp_v6) { { IP6, { true, true } } };

FIXTURE_SETUP(slow)
{
	if (variant->mode.atcp[SRV] && net_atcp_family() < 0)
		SKIP(return, "ATCP_FAMILY=none");
	if (!variant->mode.atcp[SRV] && net_only_atcp())
		SKIP(return, "ATCP_ONLY");
}

FIXTURE_TEARDOWN(slow)
{
}

/*
 * The harness looks at "skip" only after the test has run, so a test asks
 * for itself whether its setup skipped.
 */
#define NET_TEST_BY(fixture, runner, name)				\
	static void script_##name(void);				\
	TEST_F_TIMEOUT(fixture, name, 300)				\
	{								\
		if (!_metadata->skip)					\
			EXPECT_EQ(0, runner(&variant->mode, script_##name)); \
	}								\
	static void script_##name(void)

/* What native TCP does is what is right. */
#define NET_TEST(name) NET_TEST_BY(ends, net_same_as_native, name)
#define NET_SLOW_TEST(name) NET_TEST_BY(slow, net_same_as_native, name)

/* All that is expected is written down in the script. */
#define NET_PLAIN_TEST(name) NET_TEST_BY(ends, net_holds, name)

static void __attribute__((constructor)) enter_namespace(void)
{
	if (net_own_namespace() == 0)
		return;
	perror("a network namespace of its own");
	exit(KSFT_FAIL);
}

#endif
