// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to bytes between the parser and the plan. Each acting rule lays a filter over the unit that it
// acts on; bytes and steps pass through the filters, the last one laid first, down to the plan. Without
// filters they go straight into it, as views.
#pragma once
#include <memory>
#include <vector>

#include "proxy/actions/filter.hpp"

namespace mig::proxy {

/// The filters over one direction of one connection.
class FilterChain {
 public:
  /// Until end(), output goes to `plan`; views of `chunk` are passed on as views.
  void begin(OutputPlan& plan, Bytes chunk) noexcept;
  void end() noexcept;
  /// The filters of the connection see that a chunk begins.
  void chunk();

  /// Ends with the unit of that level.
  void push(std::unique_ptr<Filter> filter, Level level);
  /// Under all other filters but those laid so before, and for the rest of the connection.
  void push_under(std::unique_ptr<Filter> filter);
  void send(Bytes bytes) { pass(filters_.size(), bytes); }
  void step(const Step& step) { pass(filters_.size(), step); }
  /// The unit of that level is complete: its filters, and those inside it, end.
  void close_level(Level level);
  /// No end of a unit will be seen any more.
  void give_up();

  /// No filter but those of the connection.
  [[nodiscard]] bool idle() const noexcept;
  /// What is sent now arrives nowhere.
  [[nodiscard]] bool discarding() const noexcept { return passage_below(filters_.size()) != Passage::open; }
  /// A Close was sent: nothing follows it.
  [[nodiscard]] bool muted() const noexcept { return muted_; }
  void mute() noexcept { muted_ = true; }
  /// Bytes that went into plans so far.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  friend class Next;
  struct Laid {
    std::unique_ptr<Filter> filter;
    Level level;  // none: of the connection
  };

  void pass(std::size_t depth, Bytes bytes);
  void pass(std::size_t depth, const Step& step);
  [[nodiscard]] Passage passage_below(std::size_t depth) const noexcept;
  [[nodiscard]] Bytes keep(std::size_t depth, std::vector<std::byte>& bytes);
  [[nodiscard]] std::unique_ptr<Filter> pop();

  OutputPlan* plan_ = nullptr;
  Bytes chunk_;
  Bytes kept_;
  std::vector<Laid> filters_;
  std::uint64_t sent_ = 0;
  bool muted_ = false;
};

}  // namespace mig::proxy
