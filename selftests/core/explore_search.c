// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breadth first through all joint states: each is expanded once, from a copy that is kept until
 * its turn. What stays of it are its key, how it was reached, and where a fair end leads from it.
 */
#include <limits.h>
#include <stdlib.h>
#include "explore.h"

#define IMAGE	(sizeof(struct x_world) / 8)
#define NONE	U32_MAX
#define HEAL_MAX 1000	/* steps to the end, when all goes well */

struct node {
	u64 key;
	u64 next;		/* of --verify: a digest of where it leads */
	u32 parent, heal;
	struct x_action by;
	u16 good;		/* a fair end from here leads to CLOSED */
};

/* Words that differ from the first state, each behind its place; behind the node's number */
struct copies {
	u64 *word;
	u64 n, room;
};

static struct {
	struct node *node;
	u32 *slot;		/* open addressing by key */
	u32 n, room;
	u64 slots, edges;
	u64 first[IMAGE];
	struct copies now, then;
	u32 depth;
} s;

static_assert(sizeof(struct x_world) % 8 == 0);

static void grow(void)
{
	u64 i, slots = s.slots ? 2 * s.slots : 1 << 16;
	u32 k;

	free(s.slot);
	s.slot = malloc(slots * sizeof(*s.slot));
	memset(s.slot, 0xff, slots * sizeof(*s.slot));
	s.slots = slots;
	s.room = slots / 2;
	s.node = realloc(s.node, s.room * sizeof(*s.node));
	for (k = 0; k < s.n; k++) {
		for (i = s.node[k].key & (slots - 1); s.slot[i] != NONE; i = (i + 1) & (slots - 1))
			;
		s.slot[i] = k;
	}
}

static void keep(struct copies *c, u32 id)
{
	const u64 *image = (const u64 *)&world;
	u64 head, i;

	if (c->room < c->n + 2 * IMAGE + 2) {
		c->room = 2 * c->room + 4 * IMAGE;
		c->word = realloc(c->word, c->room * sizeof(*c->word));
	}
	head = c->n;
	c->n += 2;
	for (i = 0; i < IMAGE; i++) {
		if (image[i] != s.first[i]) {
			c->word[c->n++] = i;
			c->word[c->n++] = image[i];
		}
	}
	c->word[head] = id;
	c->word[head + 1] = (c->n - head - 2) / 2;
}

static void restore(const u64 *at)
{
	u64 *image = (u64 *)&world;
	u64 i, n = at[1];

	memcpy(image, s.first, sizeof(s.first));
	for (i = 0, at += 2; i < n; i++, at += 2)
		image[at[0]] = at[1];
}

/* The keys of all that can come next, in whatever order. */
static u64 leads_to(void)
{
	static struct x_world here;
	struct x_action list[X_ACTIONS];
	struct x_tally tally = x_tally;
	u32 n = x_actions(list), i;
	u64 sum = n;

	here = world;
	for (i = 0; i < n; i++) {
		x_act(list[i]);
		sum += x_key() * 0x9e3779b97f4a7c15ULL;
		world = here;
	}
	x_tally = tally;
	return sum;
}

/* Two states with one key are one and the same for all that matters: is it so? */
static void verify(u32 id, bool known)
{
	u64 sum = bounds.verify && !*x_why ? leads_to() : 0;

	if (known && s.node[id].next != sum)
		x_fail("the key of this state is that of another, which leads elsewhere");
	s.node[id].next = sum;
}

/* The number of the state at hand; a new one if it has none. */
static u32 enter(u32 parent, struct x_action by)
{
	u64 key = x_key();
	u64 i;

	for (i = key & (s.slots - 1); s.slot[i] != NONE; i = (i + 1) & (s.slots - 1))
		if (s.node[s.slot[i]].key == key) {
			verify(s.slot[i], true);
			return s.slot[i];
		}
	if (s.n == s.room) {
		grow();
		for (i = key & (s.slots - 1); s.slot[i] != NONE; i = (i + 1) & (s.slots - 1))
			;
	}
	s.slot[i] = s.n;
	s.node[s.n] = (struct node){ .key = key, .parent = parent, .heal = NONE, .by = by };
	keep(&s.then, s.n);
	verify(s.n, false);
	return s.n++;
}

static void take_step(struct x_action a)
{
	if (x_ladder)
		printf("# %s\n", x_name(a));
	x_act(a);
	if (!*x_why)
		x_check();
}

static void path_to(u32 id, struct x_action *path, u32 *n)
{
	*n = 0;
	for (; s.node[id].parent != NONE; id = s.node[id].parent)
		path[(*n)++] = s.node[id].by;
}

/* How it came to this, as a command, and as a ladder. @last is one step more, or NULL. */
static void confess(u32 id, const struct x_action *last)
{
	struct x_action path[256];
	char text[3 * ARRAY_SIZE(path) + 1] = "", program[PATH_MAX];
	u32 n, i;

	if (s.depth > 250)
		return;
	path_to(id, path, &n);
	for (i = n; i--;)
		sprintf(text + strlen(text), "%s ", x_name(path[i]));
	if (last)
		strcat(text, x_name(*last));
	printf("# %s\n", x_why);
	printf("# replay: %s", realpath("/proc/self/exe", program) ? program : "explore");
	x_show_bounds();
	printf(" --replay='%s'\n", text);
	x_replay(text);
}

static bool same(struct x_action a, struct x_action b)
{
	return a.what == b.what && a.n == b.n;
}

static bool expand(const u64 *at)
{
	struct x_action list[X_ACTIONS], heal = { 0 };
	u32 id = at[0], n, i, to;
	bool ends;

	restore(at);
	n = x_actions(list);
	ends = x_heal(&heal);
	if (!ends && !x_over()) {
		x_fail("a deadlock: nothing leads on from here");
		confess(id, NULL);
		return false;
	}
	s.node[id].good = !ends;
	for (i = 0; i < n; i++) {
		if (i)
			restore(at);
		take_step(list[i]);
		if (*x_why) {
			confess(id, &list[i]);
			return false;
		}
		s.edges++;
		to = enter(id, list[i]);
		if (*x_why) {
			confess(id, &list[i]);
			return false;
		}
		if (ends && same(list[i], heal))
			s.node[id].heal = to;
	}
	return true;
}

/* Every state, left to itself on a good network, ends in CLOSED at both ends: no chain circles. */
static bool check_ends(void)
{
	u32 *chain = malloc(HEAL_MAX * sizeof(*chain));
	u32 i, at, n;

	for (i = 0; i < s.n; i++) {
		for (n = 0, at = i; !s.node[at].good && n < HEAL_MAX; at = s.node[at].heal)
			chain[n++] = at;
		if (n == HEAL_MAX) {
			x_fail("from here both ends never reach CLOSED");
			confess(i, NULL);
			free(chain);
			return false;
		}
		while (n--)
			s.node[chain[n]].good = 1;
	}
	free(chain);
	return true;
}

static void forget_all(void)
{
	free(s.node);
	free(s.slot);
	free(s.now.word);
	free(s.then.word);
	memset(&s, 0, sizeof(s));
}

static bool levels(void)
{
	struct copies done;
	u64 at;

	while (s.then.n) {
		done = s.now;
		s.now = s.then;
		s.then = done;
		s.then.n = 0;
		for (at = 0; at < s.now.n; at += 2 + 2 * s.now.word[at + 1]) {
			if (!expand(s.now.word + at))
				return false;
			if (s.n > bounds.states) {
				x_fail("more than %llu states: not all were visited",
				       (unsigned long long)bounds.states);
				printf("# %s\n", x_why);
				return false;
			}
		}
		s.depth++;
	}
	return true;
}

bool x_search(void)
{
	bool good;

	*x_why = 0;
	x_setup();
	memcpy(s.first, &world, sizeof(s.first));
	grow();
	enter(NONE, (struct x_action){ 0 });
	good = levels() && check_ends();
	printf("# %u joint states, %llu transitions between them, at most %u steps away\n", s.n,
	       (unsigned long long)s.edges, s.depth);
	fflush(stdout);
	forget_all();
	return good;
}

/* Draw a path, and from its end the way to CLOSED. */
bool x_replay(const char *path)
{
	struct x_action a;
	u32 i;

	x_ladder = true;
	*x_why = 0;
	x_setup();
	for (; *path; path += strcspn(path, " "), path += strspn(path, " ")) {
		if (!x_named(path, &a)) {
			printf("# no action is called %.2s\n", path);
			return false;
		}
		take_step(a);
		if (*x_why)
			break;
	}
	x_show_states();
	if (!*x_why)
		printf("# and from here, with no more faults:\n");
	for (i = 0; i < 100 && !*x_why && x_heal(&a); i++)
		take_step(a);
	if (*x_why)
		printf("# %s\n", x_why);
	else if (!x_over())
		printf("# it goes on like this\n");
	x_show_states();
	x_ladder = false;
	return !*x_why && x_over();
}
