/* A load generator that leaves the second core to the server: closed loops of echoes by epoll.
 *
 * Usage: load PORT CONNECTIONS PAYLOAD_BYTES SECONDS     prints echoes per second
 *        load PORT CONNECTIONS BYTES drain               reads only: prints "ready", then the
 *             seconds from the first byte until each connection on average has had so many, again
 *             and again, until its input ends
 * _load.py does the same where there is no C compiler or no epoll. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int open_websocket(int port) {
    static const char upgrade[] =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct timeval limit = {.tv_sec = 10};
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(s, (struct sockaddr *)&server, sizeof server)) { perror("connect"); exit(1); }
    if (write(s, upgrade, sizeof upgrade - 1) < 0) { perror("write"); exit(1); }
    char head[4] = "", c;
    while (memcmp(head, "\r\n\r\n", 4)) {
        if (read(s, &c, 1) != 1) { perror("no upgrade"); exit(1); }
        memmove(head, head + 1, 3);
        head[3] = c;
    }
    return s;
}

static size_t write_frame(unsigned char *frame, size_t size) { /* masked with zeros: no change */
    size_t at = 1;
    frame[0] = 0x82;
    if (size < 126) {
        frame[at++] = 0x80 | size;
    } else if (size < 65536) {
        frame[at++] = 0x80 | 126;
        for (int shift = 8; shift >= 0; shift -= 8) frame[at++] = size >> shift;
    } else {
        frame[at++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) frame[at++] = size >> shift;
    }
    memset(frame + at, 0, 4);
    memset(frame + at + 4, 'x', size);
    return at + 4 + size;
}

static void send_all(int s, const unsigned char *data, size_t size) {
    while (size) {
        ssize_t n = write(s, data, size);
        if (n <= 0) { perror("write"); exit(1); }
        data += n;
        size -= n;
    }
}

static void drain(int poll, int connections, size_t bytes, unsigned char *sink) {
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        size_t got = 0, all = bytes * connections;
        double start = 0;
        while (got < all) {
            struct epoll_event ready[256];
            int n = epoll_wait(poll, ready, 256, -1);
            if (!start) start = now();
            for (int k = 0; k < n; k++) {
                ssize_t size = read(ready[k].data.fd, sink, 1 << 18);
                if (size <= 0) exit(0);
                got += size;
            }
        }
        printf("%f\n", now() - start);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "usage: load PORT CONNECTIONS BYTES SECONDS\n"), 2;
    int port = atoi(argv[1]), connections = atoi(argv[2]);
    size_t size = atol(argv[3]);
    int draining = !strcmp(argv[4], "drain");
    double seconds = atof(argv[4]);
    unsigned char *frame = malloc(size + 14), *sink = malloc(1 << 18);
    size_t sent = write_frame(frame, size), echo = sent - 4; /* a server does not mask */
    int *sockets = malloc(connections * sizeof *sockets), poll = epoll_create1(0);
    size_t *missing = malloc(connections * sizeof *missing);
    for (int i = 0; i < connections; i++) {
        sockets[i] = open_websocket(port);
        missing[i] = echo;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (draining) event.data.fd = sockets[i];
        epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &event);
    }
    if (draining) drain(poll, connections, size, sink);
    for (int i = 0; i < connections; i++) send_all(sockets[i], frame, sent);
    long count = 0;
    double start = now();
    while (now() - start < seconds) {
        struct epoll_event ready[64];
        int n = epoll_wait(poll, ready, 64, 1000);
        for (int k = 0; k < n; k++) {
            int i = ready[k].data.u32;
            ssize_t got = read(sockets[i], sink, 1 << 18);
            if (got <= 0) { perror("read"); exit(1); }
            if ((size_t)got < missing[i]) { missing[i] -= got; continue; }
            missing[i] = echo;
            count++;
            send_all(sockets[i], frame, sent);
        }
    }
    printf("%f\n", count / (now() - start));
    return 0;
}
