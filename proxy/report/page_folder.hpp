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
class PageFolder final : public Observer {
 public:
  PageFolder(boost::asio::io_context& context, Observer& next) : next_(next), timer_(context) {}

  void opened(const Who& who, std::string_view peer) override { next_.opened(who, peer); }
  void connected(const Who& who, std::string_view to) override { next_.connected(who, to); }
  void refused(const Who& who, std::string_view why) override { next_.refused(who, why); }
  void closed(const Who& who, const Closed& closed) override;
  void unit(const Who& who, const Note& note) override;
  void pages(const Who& who, const PageRun& run) override { next_.pages(who, run); }
  void notice(const Who& who, Notice notice) override { next_.notice(who, notice); }
  void warning(std::string_view text) override { next_.warning(text); }

  /// Hands on all runs that are open.
  void flush();

 private:
  struct Open {
    Who who;
    PageRun run;
    bool old = false;  // the timer has seen it once
  };
  struct Stream {
    std::optional<SectionId> section;
    std::optional<Open> open;
  };
  void fold(Stream& stream, const Who& who, const Note& note, const PageRecord& page);
  void hand_on(Stream& stream);
  void arm();
  void on_timer();

  Observer& next_;
  boost::asio::steady_timer timer_;
  std::map<ConnectionId, std::array<Stream, 2>> streams_;
  bool armed_ = false;
};

}  // namespace mig::proxy
