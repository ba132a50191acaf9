// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded by atcp run: TCP sockets of an unmodified program are made in the
 * AF_ATCP family. Addresses are the same in both families, so only the making of
 * a socket, the two questions about its kind and an option that Linux keeps from
 * other families have to be looked after.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/atcp.h>

#define EXPORT __attribute__((visibility("default")))

/*
 * System calls, not dlsym(RTLD_NEXT): libc's own versions add nothing, and a
 * constructor of another library may call these before any of ours has run.
 */
static int real_socket(int domain, int type, int protocol)
{
	return syscall(SYS_socket, domain, type, protocol);
}

static int real_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return syscall(SYS_getsockopt, fd, level, name, value, len);
}

static int family(void)
{
	const char *text = getenv("ATCP_FAMILY");
	int number = text ? atoi(text) : 0;

	return number > 0 ? number : AF_ATCP;
}

EXPORT int socket(int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (kind != SOCK_STREAM || (protocol && protocol != IPPROTO_TCP))
		return real_socket(domain, type, protocol);
	if (domain == AF_INET)
		return real_socket(family(), type, ATCPPROTO_INET);
	if (domain == AF_INET6)
		return real_socket(family(), type, ATCPPROTO_INET6);
	return real_socket(domain, type, protocol);
}

/* Is @fd ours? Then *protocol is ATCPPROTO_INET or ATCPPROTO_INET6. */
static int is_ours(int fd, int *protocol)
{
	socklen_t len = sizeof(int);
	int domain;

	if (real_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) || domain != family())
		return 0;
	len = sizeof(int);
	return !real_getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, protocol, &len);
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int saved = errno;
	int protocol, answer;

	if (level != SOL_SOCKET || (name != SO_DOMAIN && name != SO_PROTOCOL) ||
	    !is_ours(fd, &protocol)) {
		errno = saved;
		return real_getsockopt(fd, level, name, value, len);
	}
	/* Let the kernel judge the pointers and the length first. */
	if (real_getsockopt(fd, level, name, value, len))
		return -1;
	if (name == SO_PROTOCOL)
		answer = IPPROTO_TCP;
	else
		answer = protocol == ATCPPROTO_INET6 ? AF_INET6 : AF_INET;
	memcpy(value, &answer, *len < sizeof(answer) ? *len : sizeof(answer));
	return 0;
}

/* Linux 6.1 has SO_REUSEPORT for AF_INET and AF_INET6 alone: ours have it at their own level. */
EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int saved = errno;
	int ret = syscall(SYS_setsockopt, fd, level, name, value, len);
	int protocol;

	if (ret == 0 || errno != EOPNOTSUPP || level != SOL_SOCKET || name != SO_REUSEPORT)
		return ret;
	if (!is_ours(fd, &protocol)) {
		errno = EOPNOTSUPP;
		return ret;
	}
	errno = saved;
	return syscall(SYS_setsockopt, fd, SOL_ATCP, ATCP_REUSEPORT, value, len);
}
