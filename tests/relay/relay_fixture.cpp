// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay_fixture.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>

#include "mig/fields.hpp"

namespace mig::proxy::test {

void Recorder::closed(const Who& who, const Closed& closed) {
  static constexpr std::array<const char*, 4> words{"orderly", "reset", "fault", "stopped"};
  add(std::string("closed ") + std::to_string(static_cast<unsigned>(who.connection)) + " " +
      words[static_cast<std::size_t>(closed.ending)] + " " + std::string(to_string(closed.from)));
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
      session_({}),
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
