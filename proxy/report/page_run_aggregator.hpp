// SPDX-License-Identifier: GPL-2.0-or-later
// A migration has millions of pages; people and most logs want to know how many.
#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "proxy/relay/observer.hpp"

namespace mig::proxy {

/// Hands everything on to `next`, but page records as runs. A run ends with the section, with a page that a
/// rule touched, with the connection, or after a second or two, so that a slow postcopy is seen to move.
class PageRunAggregator final : public Observer {
 public:
  PageRunAggregator(boost::asio::io_context& context, Observer& next) : next_(next), timer_(context) {}

  void on(const RelayEvent& event) override;

  /// Hands on all runs that are open.
  void flush();

 private:
  struct Open {
    Who who;
    Direction direction = Direction::forward;
    std::optional<SectionId> section;
    PageRun run;
    bool old = false;  // the timer has seen it once
  };
  struct Stream {
    std::optional<SectionId> section;
    std::optional<Open> open;
  };
  void unit(const UnitDone& done);
  void closed(ConnectionId connection);
  void fold(Stream& stream, const Who& who, const Note& note);
  void hand_on(Stream& stream);
  void arm();
  void on_timer();

  Observer& next_;
  boost::asio::steady_timer timer_;
  std::map<ConnectionId, std::array<Stream, 2>> streams_;
  bool armed_ = false;
};

}  // namespace mig::proxy
