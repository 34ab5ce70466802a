/* An SMTP server that takes mail and forgets it, faster than Postfix's smtp-sink.

       cc -O2 -o fastsink fastsink.c && ./fastsink PORT

   One thread, epoll, no copy of what arrives. It says PIPELINING and ends at SIGTERM with a line of
   what it took: "messages octets". Linux only; for benchmarks on the loopback. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 18, MOST = 1024 };
static const char END[] = "\r\n.\r\n";

struct session {
    int socket;
    int in_content;
    size_t kept; /* octets in `octets` that are not understood yet */
    char octets[ROOM];
};

static volatile sig_atomic_t is_over;
static unsigned long long messages, taken;

static void stop(int number) { (void)number; is_over = 1; }

static const char *answer(struct session *session, const char *line)
{
    if (!strncasecmp(line, "DATA", 4)) {
        session->in_content = 1;
        return "354 go on\r\n";
    }
    if (!strncasecmp(line, "EHLO", 4))
        return "250-fastsink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
    if (!strncasecmp(line, "QUIT", 4))
        return "221 bye\r\n";
    return "250 2.0.0 ok\r\n";
}

/* 0: the session is over. */
static int serve(struct session *session)
{
    ssize_t got = read(session->socket, session->octets + session->kept, ROOM - session->kept);
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    taken += got;
    char *at = session->octets, *end = session->octets + session->kept + got;
    char replies[4096];
    size_t length = 0;
    while (at < end) {
        const char *reply;
        if (session->in_content) {
            char *dot = memmem(at, end - at, END, 5);
            if (!dot) {
                size_t left = end - at < 4 ? end - at : 4;
                at = end - left; /* the end may be cut in two */
                break;
            }
            at = dot + 5;
            session->in_content = 0;
            messages++;
            reply = "250 2.0.0 taken\r\n";
        } else {
            char *newline = memchr(at, '\n', end - at);
            if (!newline)
                break;
            reply = answer(session, at);
            at = newline + 1;
        }
        size_t size = strlen(reply);
        if (length + size > sizeof replies)
            return 0;
        memcpy(replies + length, reply, size);
        length += size;
    }
    session->kept = end - at;
    memmove(session->octets, at, session->kept);
    if (length && write(session->socket, replies, length) != (ssize_t)length)
        return 0;
    return session->kept < ROOM;
}

int main(int count, char **words)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, watch = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(count > 1 ? atoi(words[1]) : 2525);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, MOST)) {
        perror("fastsink");
        return 1;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
    epoll_ctl(watch, EPOLL_CTL_ADD, listener, &event);
    while (!is_over) {
        int ready = epoll_wait(watch, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            struct session *session = events[i].data.ptr;
            if (!session) {
                session = calloc(1, sizeof *session);
                session->socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                setsockopt(session->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event.data.ptr = session;
                epoll_ctl(watch, EPOLL_CTL_ADD, session->socket, &event);
                if (write(session->socket, "220 fastsink\r\n", 14) != 14)
                    return 1;
            } else if (!serve(session)) {
                close(session->socket);
                free(session);
            }
        }
    }
    printf("%llu %llu\n", messages, taken);
    return 0;
}
