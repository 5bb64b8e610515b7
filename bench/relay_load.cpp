// SPDX-License-Identifier: GPL-2.0-or-later
// Load for a TCP relay under test, and the measure of it; both ends in this process. Prints one JSON object.
//   bench_relay_load throughput LISTEN_PORT CONNECT_PORT GIB      pages one way, as fast as they go
//   bench_relay_load fault      LISTEN_PORT CONNECT_PORT ROUNDS   16-byte page request back, 4 KiB page forth
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Buffer = std::vector<unsigned char>;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto a = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 || listen(fd, 16) != 0) die("listen");
  return fd;
}

void no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const auto a = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) die("connect");
  no_delay(fd);
  return fd;
}

void send_all(int fd, const unsigned char* data, std::size_t size) {
  while (size > 0) {
    const auto n = send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0) die("send");
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

void receive_all(int fd, unsigned char* data, std::size_t size) {
  while (size > 0) {
    const auto n = recv(fd, data, size, 0);
    if (n <= 0) die("recv");
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

void put(Buffer& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<unsigned char>(value >> (8 * i)));
}
void put_name(Buffer& out, const std::string& name) {
  put(out, name.size(), 1);
  out.insert(out.end(), name.begin(), name.end());
}

/// File header, configuration, return path, advise, and the START of "ram" with one 1 GiB block.
Buffer preamble() {
  Buffer out;
  put(out, 0x5145564d00000003, 8);
  put(out, 7, 1), put(out, 13, 4);
  for (const char c : std::string("pc-i440fx-7.2")) out.push_back(static_cast<unsigned char>(c));
  put(out, 0x0800010000, 5);
  put(out, 0x0800020004, 5), put(out, 1, 4);
  put(out, 0x0800030010, 5), put(out, 4096, 8), put(out, 4096, 8);
  put(out, 1, 1), put(out, 1, 4), put_name(out, "ram"), put(out, 0, 4), put(out, 4, 4);
  put(out, (1ULL << 30) | 4, 8), put_name(out, "pc.ram"), put(out, 1ULL << 30, 8);
  put(out, 0x10, 8), put(out, 0x7e, 1), put(out, 1, 4);
  return out;
}

void page(Buffer& out, std::uint64_t offset, bool named) {
  put(out, offset | 0x08 | (named ? 0 : 0x20), 8);
  if (named) put_name(out, "pc.ram");
  out.resize(out.size() + 4096, 0x5a);
}

/// One PART with 255 pages: about a MiB.
Buffer part() {
  Buffer out;
  put(out, 2, 1), put(out, 1, 4);
  for (std::uint64_t i = 0; i < 255; ++i) page(out, i * 4096, i == 0);
  put(out, 0x10, 8), put(out, 0x7e, 1), put(out, 1, 4);
  return out;
}

void throughput(int listen_fd, int port, double gib) {
  const auto head = preamble();
  const auto body = part();
  const auto rounds = static_cast<std::size_t>(gib * (1U << 30) / static_cast<double>(body.size()));
  const std::size_t total = head.size() + rounds * body.size();
  std::thread source([&] {
    const int fd = connect_to(port);
    send_all(fd, head.data(), head.size());
    for (std::size_t i = 0; i < rounds; ++i) send_all(fd, body.data(), body.size());
    shutdown(fd, SHUT_WR);
    unsigned char rest = 0;
    while (recv(fd, &rest, 1, 0) > 0) {
    }
    close(fd);
  });
  const int fd = accept(listen_fd, nullptr, nullptr);
  Buffer buffer(1U << 20);
  std::size_t got = 0;
  const auto begin = Clock::now();
  for (ssize_t n = 0; (n = recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
    got += static_cast<std::size_t>(n);
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  close(fd);
  source.join();
  if (got != total) std::fprintf(stderr, "%zu of %zu bytes arrived\n", got, total), std::exit(1);
  std::printf("{\"bytes\": %zu, \"seconds\": %.6f}\n", got, seconds);
}

void fault(int listen_fd, int port, std::size_t rounds) {
  std::thread source([&] {
    const int fd = connect_to(port);
    auto head = preamble();
    put(head, 2, 1), put(head, 1, 4);
    page(head, 0, true);
    send_all(fd, head.data(), head.size());
    Buffer answer;
    page(answer, 4096, false);
    unsigned char request[16];
    for (std::size_t i = 0; i < rounds; ++i) {
      receive_all(fd, request, sizeof request);
      send_all(fd, answer.data(), answer.size());
    }
    close(fd);
  });
  const int fd = accept(listen_fd, nullptr, nullptr);
  no_delay(fd);
  Buffer buffer(preamble().size() + 5 + 15 + 4096);
  receive_all(fd, buffer.data(), buffer.size());
  const unsigned char request[16] = {0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0};
  std::vector<double> micros;
  buffer.resize(8 + 4096);
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto begin = Clock::now();
    send_all(fd, request, sizeof request);
    receive_all(fd, buffer.data(), buffer.size());
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  close(fd);
  source.join();
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double p) {
    return micros[static_cast<std::size_t>(p * static_cast<double>(micros.size() - 1))];
  };
  std::printf("{\"rounds\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", rounds, at(0.5), at(0.99));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5)
    return std::fprintf(stderr, "usage: %s throughput|fault LISTEN_PORT CONNECT_PORT GIB|ROUNDS\n", argv[0]),
           2;
  const int listen_fd = listen_on(std::atoi(argv[2]));
  const int port = std::atoi(argv[3]);
  if (std::strcmp(argv[1], "throughput") == 0) {
    throughput(listen_fd, port, std::atof(argv[4]));
  } else {
    fault(listen_fd, port, static_cast<std::size_t>(std::atol(argv[4])));
  }
}
