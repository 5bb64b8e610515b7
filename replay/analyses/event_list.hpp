// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdio>
#include <string>

#include "replay/analysis.hpp"

namespace mig::replay {

/// Prints every unit as one line, as it comes; runs of pages are counted unless `pages`. Phases and notices
/// stand between.
class EventList final : public Consumer {
 public:
  EventList(FILE* out, bool pages) : out_(out), pages_(pages) {}
  void started(Time time) override { start_ = time; }
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const Seen& seen, const Event& event, Bytes raw) override;
  void notice(const Seen& seen, Notice notice) override;
  void closed(const Seen& seen, bool reset) override;
  void finished(Time time) override;

 private:
  void line(const Seen& seen, const std::string& text);
  void prefix(Time time, ConnectionId connection, const char* arrow);
  void flush();

  FILE* out_;
  bool pages_;
  Time start_{};
  Seen run_;  // where the counted pages are
  std::uint64_t normal_ = 0, zero_ = 0;
};

}  // namespace mig::replay
