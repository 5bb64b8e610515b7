// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay_fixture.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <variant>

#include "mig/fields.hpp"

namespace mig::proxy::test {

namespace {

/// "opened 0", "closed 0 reset forward", "ended 1 destination forward reset".
struct Line {
  static std::string numbered(const std::string& what, ConnectionId id) {
    return what + " " + std::to_string(static_cast<unsigned>(id));
  }
  std::string operator()(const Opened& what) const { return numbered("opened", what.who.connection); }
  std::string operator()(const Connected& what) const { return numbered("connected", what.who.connection); }
  std::string operator()(const Refused& what) const { return numbered("refused", what.who.connection); }
  std::string operator()(const Closed& what) const {
    static constexpr std::array<const char*, 4> words{"orderly", "reset", "fault", "stopped"};
    return numbered("closed", what.who.connection) + " " + words[static_cast<std::size_t>(what.ending)] +
           " " + std::string(to_string(what.from));
  }
  std::string operator()(const UnitDone& what) const {
    return numbered("unit", what.who.connection) + " after " + std::to_string(what.sent);
  }
  std::string operator()(const Warned& what) const { return std::string(what.text); }
  std::string operator()(const LegEnded& what) const {
    return numbered("ended", what.connection) + (what.side == Side::source ? " source " : " destination ") +
           std::string(to_string(what.direction)) + (what.reset ? " reset" : "");
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

void Recorder::on(const RelayEvent& event) {
  if (const auto* moved = std::get_if<BytesMoved>(&event)) {
    const std::lock_guard lock(mutex_);
    carried_[{moved->connection, moved->side, moved->direction}].emplace_back(
        mig::as_text(moved->bytes));
  } else if (auto line = std::visit(Line{}, event); !line.empty()) {
    add(std::move(line));
  }
}

std::string Recorder::moved(unsigned connection, Side side, Direction direction) {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& piece : carried_[{static_cast<ConnectionId>(connection), side, direction}]) all += piece;
  return all;
}

std::vector<std::size_t> Recorder::pieces(unsigned connection, Side side, Direction direction) {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> sizes;
  for (const auto& piece : carried_[{static_cast<ConnectionId>(connection), side, direction}])
    sizes.push_back(piece.size());
  return sizes;
}

void Recorder::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  said_.notify_all();
}

bool Recorder::wait_for(const std::string& line) {
  std::unique_lock lock(mutex_);
  return said_.wait_for(lock, std::chrono::seconds(20),
                        [&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); });
}

std::vector<std::string> Recorder::lines() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

RelayFixture::RelayFixture(const std::string& destination, const std::string& listen, bool once,
                           std::chrono::milliseconds grace)
    : listener_(context_, parse_address(listen)),
      relay_(context_, listener_, session_, recorder,
             {connect_endpoints(parse_address(destination)), once, grace, [this] { ended = true; }}) {
  relay_.start();
  thread_ = std::thread([this] {
    const auto keep = boost::asio::make_work_guard(context_);
    context_.run();
  });
}

RelayFixture::~RelayFixture() {
  on_relay([](Relay& relay) { relay.stop(); });
  context_.stop();
  thread_.join();
  context_.restart();
  context_.poll();  // handlers that hold connections
}

void RelayFixture::on_relay(const std::function<void(Relay&)>& work) {
  std::promise<void> done;
  boost::asio::post(context_, [&] {
    work(relay_);
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace mig::proxy::test
