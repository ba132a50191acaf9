// SPDX-License-Identifier: GPL-2.0-only
/* Reading the lines of the trace. They may come from a file that anybody wrote. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd.h"
#include "record.h"

static const struct {
	const char *name;
	uint8_t bit;
} flag_names[] = {
	{ "SYN", TF_SYN }, { "FIN", TF_FIN }, { "RST", TF_RST }, { "PSH", TF_PSH },
	{ "ACK", TF_ACK }, { "URG", TF_URG }, { "ECE", TF_ECE }, { "CWR", TF_CWR },
};

#define NFLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

const char *flags_text(uint8_t flags, char *buf, size_t size)
{
	size_t used = 0, i;

	buf[0] = '\0';
	for (i = 0; i < NFLAGS && used < size; i++)
		if (flags & flag_names[i].bit)
			used += snprintf(buf + used, size - used, "%s%s", used ? "," : "",
					 flag_names[i].name);
	if (!used)
		snprintf(buf, size, "-");
	return buf;
}

static int parse_flags(struct record *r, char *text)
{
	char *save, *word;
	size_t i;

	if (!strcmp(text, "-"))
		return 0;
	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < NFLAGS && strcmp(word, flag_names[i].name); i++)
			;
		if (i == NFLAGS)
			return -1;
		r->flags |= flag_names[i].bit;
	}
	return 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

const char *endpoint_text(const struct endpoint *e, char *buf)
{
	char addr[INET6_ADDRSTRLEN];

	if (!inet_ntop(e->family, e->addr, addr, sizeof(addr)))
		strcpy(addr, "?");
	snprintf(buf, ENDPOINT_TEXT, e->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr, e->port);
	return buf;
}

static int parse_endpoint(struct endpoint *e, char *text)
{
	char *colon = text ? strrchr(text, ':') : NULL;
	unsigned long long port;

	if (!colon || parse_number(colon + 1, 0, 65535, &port))
		return -1;
	*colon = '\0';
	e->port = port;
	e->family = AF_INET;
	if (*text == '[') {
		if (colon[-1] != ']')
			return -1;
		colon[-1] = '\0';
		text++;
		e->family = AF_INET6;
	}
	return inet_pton(e->family, text, e->addr) == 1 ? 0 : -1;
}

/* States and events go into drawings: letters, digits and what is in @more. */
static int parse_name(char *name, const char *text, const char *more)
{
	size_t i;

	if (!text || !*text || strlen(text) >= NAME_MAX_LEN)
		return -1;
	for (i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(more, text[i]))
			return -1;
	strcpy(name, text);
	return 0;
}

static int parse_u32_pair(char *text, char separator, uint32_t *a, uint32_t *b)
{
	char *second = strchr(text, separator);
	unsigned long long x, y;

	if (!second)
		return -1;
	*second++ = '\0';
	if (parse_number(text, 0, UINT32_MAX, &x) || parse_number(second, 0, UINT32_MAX, &y))
		return -1;
	*a = x;
	*b = y;
	return 0;
}

static int parse_sacks(struct record *r, char *text)
{
	char *save, *word;

	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		uint32_t *block;

		if (r->nsacks == MAX_SACKS)
			return -1;
		block = r->sack[r->nsacks];
		if (parse_u32_pair(word, '-', &block[0], &block[1]))
			return -1;
		r->nsacks++;
	}
	return 0;
}

static int parse_numeric_field(struct record *r, const char *key, const char *value)
{
	static const char known[] = " seq ack len win urg mss wscale uto ";
	unsigned long long n;
	char word[16];

	/* A later version may have more to say. */
	snprintf(word, sizeof(word), " %s ", key);
	if (!strstr(known, word))
		return 0;
	if (parse_number(value, 0, UINT32_MAX, &n))
		return -1;
	if (!strcmp(key, "seq")) {
		r->seq = n;
	} else if (!strcmp(key, "ack")) {
		r->ack = n;
	} else if (!strcmp(key, "len")) {
		r->len = n;
	} else if (!strcmp(key, "win")) {
		r->win = n;
	} else if (!strcmp(key, "urg")) {
		r->urg = n;
	} else if (!strcmp(key, "mss")) {
		r->mss = n;
		r->has_mss = true;
	} else if (!strcmp(key, "wscale")) {
		r->wscale = n;
		r->has_wscale = true;
	} else if (!strcmp(key, "uto")) {
		r->uto = n;
	}
	return 0;
}

static int parse_field(struct record *r, char *field)
{
	char *value = strchr(field, '=');

	if (!value) {
		r->sackok |= !strcmp(field, "sackok");
		return 0;
	}
	*value++ = '\0';
	if (!strcmp(field, "state"))
		return parse_name(r->state, value, "_?");
	if (!strcmp(field, "sack"))
		return parse_sacks(r, value);
	if (!strcmp(field, "ts")) {
		r->has_ts = true;
		return parse_u32_pair(value, ':', &r->tsval, &r->tsecr);
	}
	return parse_numeric_field(r, field, value);
}

static int parse_comment(struct record *r, const char *line)
{
	unsigned long long n;

	if (!strncmp(line, "# lost ", 7) && !parse_number(line + 7, 1, UINT64_MAX, &n)) {
		r->kind = REC_LOST;
		r->lost = n;
	}
	return 0;
}

static int parse_start(struct record *r, char *line, char **save)
{
	unsigned long long ns, netns;
	char *word;

	word = strtok_r(line, " ", save);
	if (!word || parse_number(word, 0, UINT64_MAX, &ns))
		return -1;
	word = strtok_r(NULL, " ", save);
	if (!word || parse_number(word, 0, UINT64_MAX, &netns))
		return -1;
	r->ns = ns;
	r->netns = netns;
	word = strtok_r(NULL, " ", save);
	if (!word)
		return -1;
	if (!strcmp(word, "out"))
		r->kind = REC_OUT;
	else if (!strcmp(word, "in"))
		r->kind = REC_IN;
	else if (!strcmp(word, "state"))
		r->kind = REC_STATE;
	else
		return -1;
	if (parse_endpoint(&r->local, strtok_r(NULL, " ", save)))
		return -1;
	return parse_endpoint(&r->remote, strtok_r(NULL, " ", save));
}

/* FROM TO event=..., where the event is the rest of the line. */
static int parse_change(struct record *r, char **save)
{
	char *event;

	if (parse_name(r->from, strtok_r(NULL, " ", save), "_?") ||
	    parse_name(r->to, strtok_r(NULL, " ", save), "_?"))
		return -1;
	event = strtok_r(NULL, "", save);
	if (!event || strncmp(event, "event=", 6))
		return -1;
	return parse_name(r->event, event + 6, "_?, ");
}

int record_parse(struct record *r, char *line)
{
	char *save, *word;

	memset(r, 0, sizeof(*r));
	if (!*line)
		return 0;
	if (*line == '#')
		return parse_comment(r, line);
	if (parse_start(r, line, &save))
		return -1;
	if (r->kind == REC_STATE)
		return parse_change(r, &save);
	word = strtok_r(NULL, " ", &save);
	if (!word || parse_flags(r, word))
		return -1;
	while ((word = strtok_r(NULL, " ", &save)))
		if (parse_field(r, word))
			return -1;
	return 0;
}
