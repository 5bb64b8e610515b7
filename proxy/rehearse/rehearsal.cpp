// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rehearse/rehearsal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mig::proxy {
namespace {

constexpr int idle_ms = 100;
constexpr std::size_t chunk_size = std::size_t{1} << 18;
constexpr std::size_t max_waiting = std::size_t{4}
                                    << 20;  // bytes of a direction; then its sender has to wait

void never_block(int socket) { ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK); }

/// False: the peer is gone.
bool send_some(int socket, std::vector<std::byte>& waiting) {
  if (waiting.empty()) return true;
  const auto n = ::send(socket, waiting.data(), waiting.size(), MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  waiting.erase(waiting.begin(), waiting.begin() + n);
  return true;
}

enum class Received : std::uint8_t { bytes, nothing, end };

Received receive(int socket, std::vector<std::byte>& chunk) {
  chunk.resize(chunk_size);
  const auto n = ::recv(socket, chunk.data(), chunk.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing;
  if (n <= 0) return Received::end;
  chunk.resize(static_cast<std::size_t>(n));
  return Received::bytes;
}

void append(std::vector<std::byte>& to, const std::vector<std::byte>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

Rehearsal::Rehearsal(const Address& listen, Address destination)
    : destination_(std::move(destination)), listening_(listen), listener_(listen_on(listen)) {}

std::string Rehearsal::uri() const {
  if (listening_.kind == Address::Kind::unix_path) return "unix:" + listening_.path;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    throw std::runtime_error(std::string("getsockname: ") + std::strerror(errno));
  return "tcp:" + to_string(reinterpret_cast<const sockaddr*>(&bound), size);
}

double Rehearsal::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

RehearsalEnd Rehearsal::run(int interrupt) {
  auto end = RehearsalEnd::answered;
  while (step(interrupt, end)) {
  }
  return end;
}

bool Rehearsal::step(int interrupt, RehearsalEnd& end) {
  std::vector<pollfd> polled{{interrupt, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const auto& link : links_) {
    const auto wants = [](const std::vector<std::byte>& waiting, const std::vector<std::byte>& other) {
      return static_cast<short>((waiting.empty() ? 0 : POLLOUT) | (other.size() < max_waiting ? POLLIN : 0));
    };
    polled.push_back({link.source.get(), wants(link.for_source, link.for_destination), 0});
    polled.push_back({link.destination.get(), wants(link.for_destination, link.for_source), 0});
  }
  const int ready = ::poll(polled.data(), polled.size(), migration_.approved() ? idle_ms : -1);
  if (ready == 0) return idle(end);
  if (ready < 0 && errno != EINTR) throw std::runtime_error(std::string("poll: ") + std::strerror(errno));
  if (polled[0].revents != 0) return end = RehearsalEnd::interrupted, false;
  std::size_t at = 2;
  for (auto& link : links_) {
    const auto source = polled[at++].revents, destination = polled[at++].revents;
    if ((source & (POLLIN | POLLHUP | POLLERR)) != 0 && !from_source(link, end)) return false;
    if ((destination & (POLLIN | POLLHUP | POLLERR)) != 0 && !from_destination(link, end)) return false;
    if (!send_some(link.source.get(), link.for_source)) return end = RehearsalEnd::source_ended, false;
    if (link.destination.get() >= 0 && !send_some(link.destination.get(), link.for_destination))
      return end = RehearsalEnd::destination_ended, false;
  }
  std::erase_if(links_, [](const Link& link) { return link.source.get() < 0; });
  if (polled[1].revents != 0) accept();
  if (migration_.approved() && !connect_all()) return end = RehearsalEnd::destination_ended, false;
  return true;
}

bool Rehearsal::idle(RehearsalEnd& end) {
  migration_.idle(now());
  for (auto& link : links_) append(link.for_destination, migration_.take_for_destination(link.id));
  if (!migration_.problem().empty()) return end = RehearsalEnd::refused, false;
  return true;
}

void Rehearsal::accept() {
  Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.get() < 0) return;
  links_.emplace_back();
  links_.back().id = ConnectionId{next_++};
  links_.back().source = std::move(socket);
}

/// What ends beside the main connection is a channel of multifd, or a port scan.
bool Rehearsal::from_source(Link& link, RehearsalEnd& end) {
  std::vector<std::byte> chunk;
  switch (receive(link.source.get(), chunk)) {
    case Received::nothing: return true;
    case Received::end:
      if (link.id == migration_.main()) return end = RehearsalEnd::source_ended, false;
      return link.source = Descriptor(), true;
    case Received::bytes: break;
  }
  if (!std::exchange(started_, true)) start_ = std::chrono::steady_clock::now();
  migration_.source_sent(link.id, chunk, now());
  append(link.for_destination, migration_.take_for_destination(link.id));
  if (!migration_.problem().empty()) return end = RehearsalEnd::refused, false;
  return true;
}

bool Rehearsal::from_destination(Link& link, RehearsalEnd& end) {
  std::vector<std::byte> chunk;
  switch (receive(link.destination.get(), chunk)) {
    case Received::nothing: return true;
    case Received::end:
      if (link.id == migration_.main()) return end = RehearsalEnd::destination_ended, false;
      return link.source = Descriptor(), true;
    case Received::bytes: break;
  }
  migration_.destination_sent(link.id, chunk, now());
  append(link.for_source, migration_.take_for_source(link.id));
  if (migration_.report().shut) return end = RehearsalEnd::answered, false;
  return true;
}

/// The main connection first: old destinations take the first one for it.
bool Rehearsal::connect_all() {
  const auto connect = [this](Link& link) {
    if (link.destination.get() >= 0) return;
    link.destination = Descriptor(connect_to(destination_));
    never_block(link.destination.get());
    append(link.for_destination, migration_.take_for_destination(link.id));
  };
  try {
    for (auto& link : links_)
      if (link.id == migration_.main()) connect(link);
    for (auto& link : links_) connect(link);
  } catch (const std::runtime_error& error) {
    connect_error_ = error.what();
    return false;
  }
  return true;
}

void Rehearsal::let_go() {
  for (auto& link : links_) link.destination = Descriptor();
  const linger at_once{1, 0};  // a reset: nothing that was sent may be taken for an answer
  for (auto& link : links_) ::setsockopt(link.source.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  links_.clear();
  listener_ = Descriptor();
  if (listening_.kind == Address::Kind::unix_path) ::unlink(listening_.path.c_str());
}

}  // namespace mig::proxy
