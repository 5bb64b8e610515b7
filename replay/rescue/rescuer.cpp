// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/rescuer.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "common/address.hpp"
#include "common/page_aligned.hpp"

namespace mig::replay {
namespace {

constexpr std::chrono::milliseconds resume_patience{10'000};

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw std::runtime_error(what + ": " + why);
}
[[noreturn]] void refuse_errno(const std::string& what) { refuse(what, std::strerror(errno)); }

void send_all(int socket, Bytes bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse_errno("the connection of the source broke");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

/// A source that has its bitmaps goes on at once.
void wait_for_resume(int source) {
  pollfd more{source, POLLIN, 0};
  if (::poll(&more, 1, static_cast<int>(resume_patience.count())) == 0)
    throw NoRescue(
        "the source asked what was received and does not read the answer. One of 7.2 does so after it has "
        "read "
        "SHUT with an error: its return path is closed for good, and its memory cannot be had by a "
        "migration");
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

Rescuer::Rescuer(const std::string& text) {
  auto address = parse_address(text);
  // A rescue is open to this machine alone unless an interface is named.
  if (address.kind == Address::Kind::tcp && address.host.empty()) address.host = "localhost";
  listener_ = Descriptor(listen_on(address));
  path_ = address.path;
}

Rescuer::~Rescuer() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string Rescuer::uri() const {
  if (!path_.empty()) return "unix:" + path_;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    refuse_errno("getsockname");
  return "tcp:" + mig::to_string(reinterpret_cast<const sockaddr*>(&bound), size);
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
    if (!receiver.resumed()) wait_for_resume(source.get());
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
