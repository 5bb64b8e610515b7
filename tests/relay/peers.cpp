// SPDX-License-Identifier: GPL-2.0-or-later
#include "peers.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "proxy/relay/address.hpp"

namespace mig::proxy::test {
namespace {

constexpr int patience_ms = 20000;

[[noreturn]] void fail(const char* what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

void wait_readable(int fd) {
  pollfd state{fd, POLLIN, 0};
  if (::poll(&state, 1, patience_ms) <= 0) fail("nothing came", ETIMEDOUT);
}

void shrink(int fd, int buffers) {
  if (buffers == 0) return;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffers, sizeof buffers);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffers, sizeof buffers);
}

Endpoint name_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) fail("getsockname");
  return {&storage, size, 0};
}

}  // namespace

Peer::Peer(int fd) : fd_(fd) {}
Peer::Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Peer& Peer::operator=(Peer&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Peer::~Peer() { close(); }

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd state{fd_, POLLOUT, 0};
    if (::poll(&state, 1, patience_ms) <= 0) fail("no room to send", ETIMEDOUT);
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) fail("send");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Peer::push(std::size_t at_most, int quiet_ms) {
  const std::string block(16384, 'x');
  std::size_t total = 0;
  while (total < at_most) {
    pollfd state{fd_, POLLOUT, 0};
    if (::poll(&state, 1, quiet_ms) <= 0) break;
    const ssize_t sent =
        ::send(fd_, block.data(), std::min(block.size(), at_most - total), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) fail("push");
    if (sent > 0) total += static_cast<std::size_t>(sent);
  }
  return total;
}

std::string Peer::receive(std::size_t size) {
  std::string all(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    wait_readable(fd_);
    const ssize_t got = ::recv(fd_, all.data() + have, size - have, 0);
    if (got < 0) fail("receive");
    if (got == 0) fail("end of stream too early", EPIPE);
    have += static_cast<std::size_t>(got);
  }
  return all;
}

std::string Peer::receive_all() {
  std::string all;
  std::string piece(65536, '\0');
  for (;;) {
    wait_readable(fd_);
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got < 0) fail("receive_all");
    if (got == 0) return all;
    all.append(piece, 0, static_cast<std::size_t>(got));
  }
}

int Peer::wait_for_end() {
  std::string piece(65536, '\0');
  for (;;) {
    wait_readable(fd_);
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got == 0) return 0;
    if (got < 0) return errno;
  }
}

bool Peer::is_silent(int ms) {
  pollfd state{fd_, POLLIN, 0};
  return ::poll(&state, 1, ms) == 0;
}

void Peer::end_sending() { ::shutdown(fd_, SHUT_WR); }

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Peer::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Peer::set_buffers(int bytes) { shrink(fd_, bytes); }

PeerListener::PeerListener(const std::string& address, int backlog, int buffers) {
  const Endpoint endpoint = listen_endpoints(parse_address(address)).front();
  fd_ = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  shrink(fd_, buffers);
  if (::bind(fd_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) fail("bind");
  if (::listen(fd_, backlog) != 0) fail("listen");
  address_ = to_string(name_of(fd_));
}
PeerListener::~PeerListener() { ::close(fd_); }

Peer PeerListener::accept() {
  wait_readable(fd_);
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) fail("accept");
  return Peer(fd);
}

bool PeerListener::nobody_comes(int ms) {
  pollfd state{fd_, POLLIN, 0};
  return ::poll(&state, 1, ms) == 0;
}

Peer connect_to(const std::string& address, int buffers) {
  const Endpoint endpoint = connect_endpoints(parse_address(address)).front();
  const int fd = ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  Peer peer(fd);
  shrink(fd, buffers);
  if (::connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) fail("connect");
  return peer;
}

std::string dead_address() {
  // Bound but not listening: the port stays ours, and connects to it are refused.
  static const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
  return to_string(name_of(fd));
}

std::string random_bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string scratch_folder() {
  struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "migproxy-test-XXXXXX").string();
    Folder() {
      if (::mkdtemp(path.data()) == nullptr) fail("mkdtemp");
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

}  // namespace mig::proxy::test
