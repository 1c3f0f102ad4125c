// receiver plain|gro: takes datagrams and throws them away, until its standard input ends. Prints its port as the first
// line, and for each line that it reads what came since the last one: datagrams (trains count as their packets) and bytes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
enum { messages = 64, room = 65536 };

static char memory[messages][room];

int main(int argc, char **argv) {
  int gro = argc > 1 && strcmp(argv[1], "gro") == 0, one = 1, size = 32 << 20;
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  if (gro && setsockopt(udp, IPPROTO_UDP, UDP_GRO, &one, sizeof one) != 0) return perror("UDP_GRO"), 1;
  if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(udp, (struct sockaddr *)&address, length) != 0) return perror("bind"), 1;
  getsockname(udp, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  static struct mmsghdr headers[messages];
  static struct iovec vectors[messages];
  for (int i = 0; i < messages; i++) vectors[i] = (struct iovec){memory[i], room};
  unsigned long long reads = 0, bytes = 0;
  struct pollfd both[2] = {{udp, POLLIN, 0}, {0, POLLIN, 0}};
  for (;;) {
    if (poll(both, 2, -1) < 0 && errno != EINTR) return 1;
    if (both[1].revents != 0) {
      char line[256];
      if (read(0, line, sizeof line) <= 0) return 0;
      printf("{\"reads\":%llu,\"bytes\":%llu}\n", reads, bytes);
      fflush(stdout);
      reads = bytes = 0;
    }
    if ((both[0].revents & POLLIN) == 0) continue;
    for (int i = 0; i < messages; i++) headers[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    int count = recvmmsg(udp, headers, messages, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
      reads++;
      bytes += headers[i].msg_len;
    }
  }
}
