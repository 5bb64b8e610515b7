// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/exchanges.hpp"

#include <algorithm>

#include "mig/wire.hpp"

namespace mig {
namespace {
constexpr std::size_t max_open = 256;  // a destination answers at once; what is older will not be answered
}

std::string_view waits_for(const Exchange& ping) noexcept {
  if (!ping.in_package) return "the destination to come to it in the stream";
  return ping.value == wire::ping_package_loaded
             ? "the devices of the package to be loaded; its PONG lets the source go on"
             : "the devices of the package to be loaded";
}

/// One overload per body that asks or answers.
struct Exchanges::Noter {
  Exchanges& all;
  const Place& at;
  using Kind = Exchange::Kind;

  static std::uint64_t key(BlockId block) { return static_cast<std::uint32_t>(block); }

  template <class T>
  std::uint32_t operator()(const T&) const {
    return no_exchange;
  }
  std::uint32_t operator()(const Ping& b) const {
    const auto number = all.ask(Kind::ping, b.value, at);
    if (number == no_exchange) return number;
    all[number].value = b.value;
    all[number].in_package = b.in_package;
    return number;
  }
  std::uint32_t operator()(const Pong& b) const { return all.answer(Kind::ping, b.value, at.when); }
  std::uint32_t operator()(const RecvBitmapRequest& b) const {
    return all.ask(Kind::bitmap, key(b.block), at);
  }
  std::uint32_t operator()(const RecvBitmap& b) const {
    return all.answer(Kind::bitmap, key(b.block), at.when);
  }
  std::uint32_t operator()(const Command& b) const {
    return b.type == CommandType::postcopy_resume ? all.ask(Kind::resume, 0, at) : no_exchange;
  }
  std::uint32_t operator()(const ResumeAck&) const { return all.answer(Kind::resume, 0, at.when); }
  std::uint32_t operator()(const PackageBegin&) const {
    const auto number = all.ask(Kind::package, 0, at);
    if (number != no_exchange) all.package_ = number;
    return number;
  }
  std::uint32_t operator()(const PackageEnd&) const {
    all.package_.reset();
    return all.answer(Kind::package, 0, at.when);
  }
  std::uint32_t operator()(const SectionHeader& b) const {
    if (b.type == SectionType::full && b.in_package && all.package_) ++all.all_[*all.package_].count;
    return no_exchange;
  }
};

std::uint32_t Exchanges::unit(const EventBody& body, const Place& at) {
  return std::visit(Noter{*this, at}, body);
}

std::uint32_t Exchanges::add(const Exchange& exchange) {
  if (all_.size() >= limit_) return no_exchange;
  all_.push_back(exchange);
  return static_cast<std::uint32_t>(all_.size() - 1);
}

std::uint32_t Exchanges::ask(Exchange::Kind kind, std::uint64_t key, const Place& at) {
  Exchange exchange;
  exchange.kind = kind;
  exchange.request = at;
  const auto number = add(exchange);
  if (number == no_exchange) return number;
  if (open_.size() == max_open) open_.pop_front();
  open_.push_back({kind, key, number});
  return number;
}

/// Of the oldest that is open.
std::uint32_t Exchanges::answer(Exchange::Kind kind, std::uint64_t key, const When& when) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.kind == kind && o.key == key; });
  if (found == open_.end()) return no_exchange;
  const auto number = found->number;
  open_.erase(found);
  all_[number].response = when;
  return number;
}

}  // namespace mig
