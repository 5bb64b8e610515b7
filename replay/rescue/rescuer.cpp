// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/rescuer.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "common/page_aligned.hpp"

namespace mig::replay {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw std::runtime_error(what + ": " + why);
}
[[noreturn]] void refuse_errno(const std::string& what) { refuse(what, std::strerror(errno)); }

Descriptor listen_unix(const std::string& address, const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) refuse(address, "the path is too long for a socket");
  std::memcpy(to.sun_path, path.data(), path.size());
  Descriptor s(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool fine = s.get() >= 0 && ::bind(s.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
                    ::listen(s.get(), 8) == 0;
  if (!fine) refuse_errno(address);
  return s;
}

Descriptor listen_tcp(const std::string& address, const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) refuse(address, "not an address: HOST:PORT or unix:PATH is wanted");
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int bad =
      getaddrinfo(host.empty() ? "localhost" : host.c_str(), text.c_str() + colon + 1, &hints, &found);
  if (bad != 0) refuse(address, gai_strerror(bad));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  for (const auto* a = found; a != nullptr; a = a->ai_next) {
    Descriptor s(::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    const int on = 1;
    if (s.get() >= 0) ::setsockopt(s.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (s.get() >= 0 && ::bind(s.get(), a->ai_addr, a->ai_addrlen) == 0 && ::listen(s.get(), 8) == 0)
      return s;
  }
  refuse_errno(address);
}

void send_all(int socket, Bytes bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse_errno("the connection of the source broke");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

/// 0: the source ended the connection.
std::size_t receive(int socket, std::span<std::byte> into) {
  for (;;) {
    const auto n = ::recv(socket, into.data(), into.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) refuse_errno("the connection of the source broke");
  }
}

}  // namespace

Rescuer::Rescuer(const std::string& address) {
  if (address.starts_with("unix:")) {
    path_ = address.substr(5);
    listener_ = listen_unix(address, path_);
  } else {
    listener_ = listen_tcp(address, address.starts_with("tcp:") ? address.substr(4) : address);
  }
}

Rescuer::~Rescuer() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string Rescuer::uri() const {
  if (!path_.empty()) return "unix:" + path_;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    refuse_errno("getsockname");
  getnameinfo(reinterpret_cast<const sockaddr*>(&bound), size, host.data(), host.size(), port.data(),
              port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string name = host.data();
  return "tcp:" + (bound.ss_family == AF_INET6 ? "[" + name + "]" : name) + ":" + port.data();
}

Descriptor Rescuer::main_connection(std::vector<Descriptor>& silent, std::vector<std::byte>& first) {
  first.resize(1U << 16);
  for (;;) {
    std::vector<pollfd> polled = {{listener_.get(), POLLIN, 0}};
    for (const auto& s : silent) polled.push_back({s.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) refuse_errno("poll");
    for (std::size_t i = silent.size(); i-- != 0;) {
      if (polled[i + 1].revents == 0) continue;
      auto s = std::move(silent[i]);
      silent.erase(silent.begin() + static_cast<std::ptrdiff_t>(i));
      const auto n = ::recv(s.get(), first.data(), first.size(), 0);
      if (n <= 0) continue;  // a port scanner, a health check
      first.resize(static_cast<std::size_t>(n));
      return s;
    }
    if ((polled[0].revents & POLLIN) != 0) {
      Descriptor s(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (s.get() >= 0) silent.push_back(std::move(s));
    }
  }
}

/// The source reads SHUT 0, completes, and closes. Within ten seconds, or it did not.
bool Rescuer::end_in_order(int source) {
  try {
    send_all(source, RecoveryReceiver::everything_received());
    ::shutdown(source, SHUT_WR);
    pollfd last{source, POLLIN, 0};
    std::array<std::byte, 64> rest{};
    return ::poll(&last, 1, 10'000) == 1 && receive(source, rest) == 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool Rescuer::rescue(const KeptPackage& package, const std::function<std::unique_ptr<RescuedStream>()>& open,
                     const std::function<void(const RecoveryReceiver&)>& progress) {
  std::vector<Descriptor> silent;
  std::vector<std::byte> chunk;
  const auto source = main_connection(silent, chunk);
  RecoveryReceiver receiver(package.migration->tables());
  std::unique_ptr<RescuedStream> stream;
  for (std::size_t n = chunk.size(); !receiver.complete();) {
    receiver.feed(Bytes(chunk).first(n));
    if (!receiver.problem().empty()) throw std::runtime_error(receiver.problem());
    if (receiver.resumed() && !stream) {
      stream = open();
      stream->write(head_of(package, *stream));
    }
    if (stream) stream->write(receiver.take_ram());
    send_all(source.get(), receiver.take_answers());
    progress(receiver);
    if (receiver.complete()) break;
    chunk.resize(1U << 20);
    n = receive(source.get(), chunk);
    if (n == 0) refuse("the source", "ended the connection before it had sent all pages");
    // QEMU opens the channel for urgent pages, and waits until it is accepted.
    pollfd more{listener_.get(), POLLIN, 0};
    if (::poll(&more, 1, 0) > 0)
      silent.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  if (!stream) refuse("the source", "ended the migration before it was resumed");
  stream->write(tail_of(package));
  stream->finish();
  return end_in_order(source.get());
}

}  // namespace mig::replay
