// SPDX-License-Identifier: GPL-2.0-or-later
// One stage between the parser and the plan: what an action makes of a unit's bytes.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mig/events.hpp"
#include "proxy/actions/host.hpp"
#include "proxy/plan/output_plan.hpp"

namespace mig::proxy {

class FilterChain;

/// Where a filter's output goes: to the filter behind it, from the last one into the plan.
class Next {
 public:
  Next(FilterChain& chain, std::size_t depth) : chain_(&chain), depth_(depth) {}
  void send(Bytes bytes) const;
  void step(const Step& step) const;
  /// Nothing that is sent now arrives.
  [[nodiscard]] bool is_blocked() const noexcept;
  /// The same, and not because the unit was cut short.
  [[nodiscard]] bool has_ended() const noexcept;
  /// A view of the bytes that stays valid for the plan, if the plan is what follows.
  [[nodiscard]] Bytes keep(std::vector<std::byte>& bytes) const;

 private:
  FilterChain* chain_;
  std::size_t depth_;
};

/// What a filter lets through from now on. In order: what stops more is greater.
enum class Passage : std::uint8_t {
  open,
  held,       ///< nothing now
  cut_short,  ///< nothing more of the unit
  ended,      ///< nothing, and what is behind it does not follow
};

class Filter {
 public:
  Filter() = default;
  virtual ~Filter() = default;
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  /// It was laid; nothing has passed yet.
  virtual void begin(const Next& /*next*/) {}
  /// A chunk begins. Only for filters of a whole connection.
  virtual void chunk(const Next& /*next*/) {}
  virtual void bytes(Bytes bytes, const Next& next) { next.send(bytes); }
  virtual void step(const Step& step, const Next& next) { next.step(step); }
  /// The unit is complete.
  virtual void end(const Next& /*next*/) {}
  /// Instead of end(): the stream cannot be read any more, so nothing is done to what was collected.
  virtual void give_up(const Next& next) { end(next); }
  [[nodiscard]] virtual Passage passage() const noexcept { return Passage::open; }
};

/// Passes a step that still means something although its bytes are not sent: notes, as those of units that
/// did not arrive because of `rule`; timers and ends. What a rule in front has decided of a unit is kept.
void pass_undelivered(const Step& step, RuleIndex rule, Decision decision, const Next& next);

/// Keeps everything until the unit is complete.
class Collector : public Filter {
 public:
  /// `rule`: for the message if the unit is too long.
  Collector(ActionHost& host, std::optional<RuleIndex> rule) : host_(&host), rule_(rule) {}
  void bytes(Bytes bytes, const Next& next) final;
  void step(const Step& step, const Next& next) final;
  void end(const Next& next) final;
  void give_up(const Next& next) final;

 protected:
  /// All of it is there: may change bytes and steps, which are sent afterwards.
  virtual void complete(const Next& next) = 0;
  /// They were sent.
  virtual void sent(const Next& /*next*/) {}
  [[nodiscard]] ActionHost& host() noexcept { return *host_; }

  std::vector<std::byte> collected_;
  std::vector<std::pair<std::size_t, Step>> steps_;  ///< each before the byte of that index

 private:
  void send_collected(const Next& next);

  ActionHost* host_;
  std::optional<RuleIndex> rule_;
  bool passing_ = false;  // the unit was too long
};

/// Lets the first bytes of a unit pass, then something happens.
class Window : public Filter {
 public:
  /// `keep`: how many bytes pass.
  Window(std::uint64_t keep, RuleIndex rule, Decision decision)
      : keep_(keep), rule_(rule), decision_(decision) {}
  void begin(const Next& next) final { check(next); }
  void bytes(Bytes bytes, const Next& next) final;
  void step(const Step& step, const Next& next) final;
  [[nodiscard]] Passage passage() const noexcept final { return is_shut() ? after_cut() : Passage::open; }

 protected:
  /// The bytes that pass have passed. False: the rest passes, too.
  virtual bool cut(const Next& next) = 0;
  /// What passes after a cut.
  [[nodiscard]] virtual Passage after_cut() const noexcept { return Passage::ended; }
  [[nodiscard]] bool was_cut() const noexcept { return cut_; }
  [[nodiscard]] RuleIndex rule() const noexcept { return rule_; }
  bool lost_bytes_ = false;  ///< bytes were cut off that would have been sent

 private:
  void check(const Next& next);
  [[nodiscard]] bool is_shut() const noexcept { return cut_ && shut_; }

  std::uint64_t keep_;
  RuleIndex rule_;
  Decision decision_;
  std::uint64_t position_ = 0;
  bool cut_ = false;
  bool shut_ = true;
};

}  // namespace mig::proxy
