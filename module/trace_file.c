// SPDX-License-Identifier: GPL-2.0-only
/* The files trace and trace_on of debugfs: who reads, and when recording is on. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "ring.h"
#include "trace.h"

/* on_lock covers both, and the switching of atcp_trace_key. */
static DEFINE_MUTEX(on_lock);
static unsigned int readers;	/* open files: each keeps recording on */
static bool switched_on;	/* by trace_on */

/**
 * struct atcp_reader - an open trace file
 * @lock: covers the rest: threads may share a file
 * @pos: in the ring
 * @len: bytes in @line
 * @used: bytes of @line that were read
 * @line: being read
 */
struct atcp_reader {
	struct mutex lock;	/* of the rest */
	u64 pos;
	size_t len;
	size_t used;
	char line[ATCP_TRACE_LINE + 64];
};

/* on_lock held. */
static void update_key(void)
{
	if (switched_on || readers)
		static_branch_enable(&atcp_trace_key);
	else
		static_branch_disable(&atcp_trace_key);
}

static int trace_open(struct inode *inode, struct file *file)
{
	struct atcp_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	mutex_lock(&on_lock);
	err = atcp_ring_alloc();
	if (!err) {
		readers++;
		update_key();
	}
	mutex_unlock(&on_lock);
	if (err) {
		kfree(r);
		return err;
	}
	r->pos = atcp_ring_oldest();
	file->private_data = r;
	return 0;
}

static int trace_release(struct inode *inode, struct file *file)
{
	mutex_lock(&on_lock);
	readers--;
	update_key();
	mutex_unlock(&on_lock);
	kfree(file->private_data);
	return 0;
}

/* r->lock held. Return: is there anything in the line buffer? */
static bool fill_line(struct atcp_reader *r)
{
	struct atcp_trace_rec rec;
	u64 lost;

	if (r->used < r->len)
		return true;
	if (!atcp_ring_get(&r->pos, &rec, &lost))
		return false;
	r->used = 0;
	r->len = lost ? scnprintf(r->line, 64, "# lost %llu\n", lost) : 0;
	r->len += atcp_trace_format(&rec, r->line + r->len);
	return true;
}

/* r->lock held. Return: bytes copied, or -EFAULT with the line still to be read. */
static ssize_t copy_lines(struct atcp_reader *r, char __user *buf, size_t size)
{
	size_t done = 0, n;

	while (done < size && fill_line(r)) {
		n = min(size - done, r->len - r->used);
		if (copy_to_user(buf + done, r->line + r->used, n))
			return done ? done : -EFAULT;
		r->used += n;
		done += n;
		cond_resched();
	}
	return done;
}

static bool readable(struct atcp_reader *r)
{
	return READ_ONCE(r->used) < READ_ONCE(r->len) || READ_ONCE(r->pos) < atcp_ring_end();
}

static ssize_t trace_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct atcp_reader *r = file->private_data;
	ssize_t done;

	if (!size)
		return 0;
	/* While records come in as fast as they are read, this would go on for ever. */
	size = min_t(size_t, size, SZ_64K);
	for (;;) {
		if (mutex_lock_interruptible(&r->lock))
			return -ERESTARTSYS;
		done = copy_lines(r, buf, size);
		mutex_unlock(&r->lock);
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(atcp_ring_wait, readable(r)))
			return -ERESTARTSYS;
	}
}

static __poll_t trace_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &atcp_ring_wait, wait);
	return readable(file->private_data) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* To the oldest record (SEEK_SET 0) or past the newest (SEEK_END 0). */
static loff_t trace_llseek(struct file *file, loff_t offset, int whence)
{
	struct atcp_reader *r = file->private_data;

	if (offset || (whence != SEEK_SET && whence != SEEK_END))
		return -EINVAL;
	if (mutex_lock_interruptible(&r->lock))
		return -ERESTARTSYS;
	r->len = 0;
	r->used = 0;
	r->pos = whence == SEEK_SET ? atcp_ring_oldest() : atcp_ring_end();
	mutex_unlock(&r->lock);
	return 0;
}

const struct file_operations atcp_trace_fops = {
	.owner		= THIS_MODULE,
	.open		= trace_open,
	.release	= trace_release,
	.read		= trace_read,
	.poll		= trace_poll,
	.llseek		= trace_llseek,
};

static ssize_t trace_on_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	const char *text;

	mutex_lock(&on_lock);
	text = switched_on ? "1\n" : "0\n";
	mutex_unlock(&on_lock);
	return simple_read_from_buffer(buf, size, ppos, text, 2);
}

static ssize_t trace_on_write(struct file *file, const char __user *buf, size_t size,
			      loff_t *ppos)
{
	bool on;
	int err = kstrtobool_from_user(buf, size, &on);

	if (err)
		return err;
	mutex_lock(&on_lock);
	if (on)
		err = atcp_ring_alloc();
	if (!err) {
		/* A fresh start; not under the eyes of a reader, to whom it would be a loss. */
		if (on && !switched_on && !readers)
			atcp_ring_clear();
		switched_on = on;
		update_key();
	}
	mutex_unlock(&on_lock);
	return err ? err : size;
}

const struct file_operations atcp_trace_on_fops = {
	.owner		= THIS_MODULE,
	.open		= simple_open,
	.read		= trace_on_read,
	.write		= trace_on_write,
	.llseek		= default_llseek,
};
