// SPDX-License-Identifier: GPL-2.0-only
/* From the inode of a socket to the processes that hold it, by way of /proc. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ss.h"

static int add(struct ss_holders *h, const struct ss_holder *one)
{
	if (h->n == h->cap) {
		unsigned int cap = h->cap ? h->cap * 2 : 256;
		void *v = reallocarray(h->v, cap, sizeof(*h->v));

		if (!v)
			return -1;
		h->v = v;
		h->cap = cap;
	}
	h->v[h->n++] = *one;
	return 0;
}

static void read_comm(int proc, struct ss_holder *one)
{
	int fd = openat(proc, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, one->comm, sizeof(one->comm) - 1);

	one->comm[n > 0 ? n : 0] = '\0';
	one->comm[strcspn(one->comm, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

static int read_fds(struct ss_holders *h, DIR *fds, struct ss_holder *one)
{
	struct dirent *e;
	char link[64];
	ssize_t n;

	while ((e = readdir(fds))) {
		n = readlinkat(dirfd(fds), e->d_name, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%u]", &one->inode) != 1)
			continue;
		one->fd = atoi(e->d_name);
		if (add(h, one))
			return -1;
	}
	return 0;
}

static int read_process(struct ss_holders *h, int all, const char *name)
{
	struct ss_holder one = { .pid = atoi(name) };
	int proc = openat(all, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = proc < 0 ? -1 : openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *fds = fd < 0 ? NULL : fdopendir(fd);
	int err = 0;

	if (fds) {
		read_comm(proc, &one);
		err = read_fds(h, fds, &one);
		closedir(fds);
	} else if (fd >= 0) {
		close(fd);
	}
	if (proc >= 0)
		close(proc);
	return err;
}

static int by_inode(const void *a, const void *b)
{
	const struct ss_holder *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->pid != y->pid ? x->pid - y->pid : x->fd - y->fd;
}

int ss_holders_read(struct ss_holders *h)
{
	DIR *all = opendir("/proc");
	struct dirent *e;
	int err = 0;

	if (!all)
		return 0;
	while (!err && (e = readdir(all)))
		if (isdigit((unsigned char)e->d_name[0]))
			err = read_process(h, dirfd(all), e->d_name);
	closedir(all);
	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), by_inode);
	return err;
}

void ss_holders_free(struct ss_holders *h)
{
	free(h->v);
	memset(h, 0, sizeof(*h));
}

unsigned int ss_holders_find(const struct ss_holders *h, uint32_t inode, unsigned int *first)
{
	unsigned int low = 0, high = h->n, n = 0;

	if (!inode)
		return 0;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (h->v[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	*first = low;
	while (low + n < h->n && h->v[low + n].inode == inode)
		n++;
	return n;
}
