// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of one connection: events in, output plan out.
#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "mig/event_sink.hpp"
#include "proxy/actions/acting.hpp"
#include "proxy/actions/filter_chain.hpp"
#include "proxy/engine/fault_session.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {

class FaultEngine final : public EventSink, private ActionHost {
 public:
  FaultEngine(FaultSession& session, ConnectionParser& parser, Direction direction);

  /// FaultSession has the contracts of these.
  void feed(Bytes chunk, OutputPlan& plan);
  void idle(OutputPlan& plan);
  void end_of_stream(OutputPlan& plan);
  [[nodiscard]] std::size_t held() const noexcept;

  void on_event(const Event& event, Bytes raw) override;

  void insert(Insertion insertion) { waiting_.push_back(std::move(insertion)); }
  /// A unit that was held is sent at the next boundary.
  void put_back(HoldId hold);
  /// Writes what waits for a boundary, if this is one. Not during feed().
  void flush_outside(OutputPlan& plan);
  [[nodiscard]] bool can_insert() const noexcept { return !feeding_ && !waiting_.empty() && at_boundary(); }
  /// Nothing is sent any more.
  void mute() noexcept { filters_.mute(); }
  [[nodiscard]] bool muted() const noexcept { return filters_.muted(); }

  [[nodiscard]] ConnectionId connection() const noexcept override { return parser_.id(); }
  [[nodiscard]] Direction direction() const noexcept override { return direction_; }

  /// Units seen, by name; index is arbitrary.
  struct Count {
    std::string_view unit;
    std::uint64_t count = 0;
  };
  [[nodiscard]] const std::vector<Count>& counts() const noexcept { return counts_; }

 private:
  struct HeldUnit {
    HoldId hold{};
    Insertion unit;
  };
  // fault_engine.cpp: the course of the stream
  [[nodiscard]] Bytes named(const Event& event, Bytes raw);
  void open_extent(const Event& event, UnitSet units, Bytes raw);
  void begin_unit(const Event& event, Bytes raw);
  void continue_unit(const Event& event, Bytes raw);
  void end_package(const Event& event);
  void end_section();
  void end_unit();
  void unparsed(Bytes raw);
  void send_raw(Bytes raw);
  void note(const Event& event, Bytes header);
  void note_part(const Event& event);
  [[nodiscard]] std::vector<std::byte> header_as_sent(Bytes header) const;
  void add_note(Note note);
  void count(const EventBody& body);
  void switch_rules_off(const ParseError& error);
  [[nodiscard]] bool at_boundary() const noexcept;
  [[nodiscard]] Migration* migration() const noexcept { return parser_.migration(); }
  [[nodiscard]] const StreamTables& tables() const { return parser_.migration()->tables(); }

  // engine_rules.cpp: deciding and laying filters
  void decide(const Event& event, UnitSet units, Bytes raw);
  [[nodiscard]] RuleBook::Miss miss_of(const FaultRule& rule, RuleIndex index, const Event& event);
  [[nodiscard]] bool fits(RuleIndex index, const Event& event, UnitSet units);
  [[nodiscard]] bool can_act(Acting& acting);
  [[nodiscard]] bool is_taken(RuleIndex index, const Event& event);
  void judge(Acting& acting);
  void apply(const Event& event, Bytes raw);
  void undo_void_edits(Bytes raw);
  [[nodiscard]] Acting acting(RuleIndex index, const Event& event, Bytes raw);
  [[nodiscard]] std::optional<std::uint64_t> size_of(const Event& event, Bytes raw) const;
  void plan_package(const Event& event);
  void lay_repair(const Event& event, Bytes raw);
  [[nodiscard]] bool edits_packages(RuleIndex index);
  void start_connection_rules(const Event& event);

  // engine_insert.cpp: units that wait, triggers, the end
  void flush_insertions();
  void find_reactions(const Event& event, UnitSet units, std::vector<Reaction>& reactions) const;
  [[nodiscard]] bool acts_inline(const Reaction& reaction) const;
  void release_reactions(std::vector<Reaction> reactions, std::optional<Note> note);
  void run_inline(const Reaction& reaction);
  void send_insertion(Insertion insertion);

  // engine_host.cpp: what actions ask
  [[nodiscard]] std::size_t unit_limit() const noexcept override { return limit_; }
  [[nodiscard]] std::uint64_t sent() const noexcept override { return filters_.sent(); }
  [[nodiscard]] bool in_scope(RuleIndex index) const override;
  [[nodiscard]] bool on_its_channel(RuleIndex index) const override;
  [[nodiscard]] bool armed(RuleIndex index) override;
  [[nodiscard]] bool is_exhausted(RuleIndex index) override;
  void step(const Step& step) override { filters_.step(step); }
  [[nodiscard]] std::vector<Step> wait_steps(RuleIndex index) override;
  [[nodiscard]] bool may_act(RuleIndex index) override;
  [[nodiscard]] bool fire(RuleIndex index) override;
  void ineffective(RuleIndex index, const std::string& why) override;
  void too_long(RuleIndex index) override;
  [[nodiscard]] std::optional<Step> hold_unit(RuleIndex index, std::vector<std::byte> bytes) override;
  [[nodiscard]] std::uint32_t end_others_later(RuleIndex index) override;
  [[nodiscard]] HoldId new_hold(RuleIndex index) override;
  [[nodiscard]] bool released(HoldId hold) const override;
  [[nodiscard]] std::optional<RuleIndex>& rate_limiter() noexcept override { return rate_limiter_; }

  FaultSession& session_;
  ConnectionParser& parser_;
  FilterChain filters_;
  Direction direction_;

  std::size_t limit_;
  bool feeding_ = false;
  bool started_ = false;                // the channel is known, connection rules are in place
  bool unreadable_ = false;             // unreadable from some offset on
  bool ended_ = false;                  // its end mark was sent
  bool garbled_ = false;                // what a rule made of a unit keeps the receiver from reading on
  std::size_t sent_before_parsed_ = 0;  // bytes of the next events that were sent already

  bool in_package_ = false;
  bool in_section_ = false;
  bool package_repaired_ = false;
  bool unit_open_ = false;

  BlockId receiver_block_ = no_block;          // what the receiver takes a record without name for
  UnitOutcome outcome_;                        // of the open unit
  std::vector<std::unique_ptr<Filter>> laid_;  // by the rules that act, before they are in filters_
  std::optional<Note> unit_note_;              // waits for the unit's last byte
  std::vector<Note> unit_parts_;               // that wait for it
  std::vector<Reaction> unit_reactions_, section_reactions_, package_reactions_;
  std::optional<Insertion> held_unit_;       // the open unit as a rule may hold it, without its bytes
  std::vector<std::byte> header_with_name_;  // the open unit's header with its block's name put in
  std::optional<Phases> phase_after_plan_;   // as they will be when this plan was sent
  std::vector<Notice> scratch_;

  std::deque<HeldUnit> held_;
  std::deque<Insertion> waiting_;

  std::optional<RuleIndex> rate_limiter_;
  std::vector<Count> counts_;
};

}  // namespace mig::proxy
