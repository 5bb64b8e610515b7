// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of one connection: events in, output plan out.
#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "mig/event_sink.hpp"
#include "proxy/engine/fault_session.hpp"
#include "proxy/engine/output_stack.hpp"
#include "proxy/engine/unit_edit.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {

class FaultEngine final : public EventSink, private OutputStack::Owner {
 public:
  FaultEngine(FaultSession& session, ConnectionParser& parser, Direction direction);

  /// FaultSession has the contracts of these.
  void feed(Bytes chunk, OutputPlan& plan);
  void idle(OutputPlan& plan);
  void end_of_stream(OutputPlan& plan);
  [[nodiscard]] std::size_t held() const noexcept;

  void on_event(const Event& event, Bytes raw) override;

  void insert(Insertion insertion) { waiting_.push_back(std::move(insertion)); }
  /// A unit that was taken out may go back in.
  void put_back(HoldId hold);
  /// Writes what waits for a boundary, if this is one. Not during feed().
  void flush_outside(OutputPlan& plan);
  [[nodiscard]] bool can_insert() const noexcept { return !feeding_ && !waiting_.empty() && at_boundary(); }
  /// Nothing leaves any more.
  void mute() noexcept { stack_.mute(); }
  [[nodiscard]] bool muted() const noexcept { return stack_.muted(); }

  [[nodiscard]] ConnectionId connection() const noexcept { return parser_.id(); }
  [[nodiscard]] Direction direction() const noexcept { return direction_; }

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
  /// What the rules have decided for the unit whose header is at hand.
  struct Verdict {
    std::vector<RuleIndex> rules;
    std::optional<Decision> decision;
    std::optional<RuleIndex> rule;
    bool arrives = true;
    bool notes_itself = false;          ///< a cut writes the note
    std::optional<Event> sent;          ///< the event as changed
    bool readable = true;               ///< what was changed still says what `sent` says
    std::optional<std::uint64_t> size;  ///< of the unit as it leaves the rules so far, where that is known
    bool garbles = false;               ///< what follows the unit cannot be read any more
    std::optional<RuleIndex> taken_by;  ///< nothing of the unit passes this rule: those behind it do not act
    std::vector<std::byte> header;
    std::vector<BytePatch> patches;  ///< of the rules that edit it; `at` may be behind its header
    void clear();
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

  // engine_rules.cpp: deciding and laying frames
  void decide(const Event& event, UnitSet units, Bytes raw);
  [[nodiscard]] bool can_edit(RuleIndex index, const Event& event, Bytes raw);
  [[nodiscard]] bool in_scope(RuleIndex index) const;
  [[nodiscard]] bool is_taken(RuleIndex index, const Event& event);
  void rank(RuleIndex index, Level level);
  [[nodiscard]] bool acts(Action action) const;
  void undo_void_edits(Bytes raw);
  void ineffective(RuleIndex index, const std::string& why);
  void apply(const Event& event, Bytes raw, Level level);
  void apply_one(RuleIndex index, const Event& event, Bytes raw, Level level, std::vector<Frame>& frames);
  void apply_edit(RuleIndex index, const Event& event, Bytes raw, Frame frame, std::vector<Frame>& frames);
  void overwrite(const std::vector<BytePatch>& patches, std::vector<Frame>& frames);
  void apply_truncate(const FaultRule& rule, Frame& frame);
  [[nodiscard]] std::optional<std::uint64_t> size_of(const Event& event, Bytes raw) const;
  void apply_close(RuleIndex index, const Event& event, Bytes raw, Frame frame, std::vector<Frame>& frames);
  void plan_package(const Event& event);
  void lay_repair(const Event& event, Bytes raw);
  [[nodiscard]] bool edits_packages(RuleIndex index);
  void start_connection_rules();
  void lay_cut(RuleIndex index);
  void update_throttle(OutputPlan& plan);

  // engine_insert.cpp: units that wait, triggers, the end
  void flush_insertions();
  void find_reactions(const Event& event, UnitSet units, std::vector<Reaction>& reactions) const;
  [[nodiscard]] bool acts_inline(const Reaction& reaction) const;
  void release_reactions(std::vector<Reaction> reactions, std::optional<Note> note);
  void run_inline(const Reaction& reaction);
  void send_insertion(Insertion insertion);
  void taken_out(const Frame& frame, std::vector<std::byte> bytes) override;
  void too_long(const Frame& frame) override;
  bool may_act(const Frame& frame) override;
  void changed_nothing(const Frame& frame) override;

  FaultSession& session_;
  ConnectionParser& parser_;
  OutputStack stack_;
  Direction direction_;

  std::size_t limit_;
  bool feeding_ = false;
  bool started_ = false;                // the channel is known, connection rules are in place
  bool unreadable_ = false;             // unreadable from some offset on
  bool ended_ = false;                  // its end mark was sent
  bool garbled_ = false;                // what a rule made of a unit keeps the receiver from reading on
  std::size_t sent_before_parsed_ = 0;  // bytes of the next events that have left already

  bool in_package_ = false;
  bool in_section_ = false;
  bool package_repaired_ = false;
  bool unit_open_ = false;

  BlockId receiver_block_ = no_block;  // what the receiver takes a record without name for
  Verdict verdict_;
  std::optional<Note> unit_note_;  // waits for the unit's last byte
  std::vector<Note> unit_parts_;   // that wait for it
  std::vector<Reaction> unit_reactions_, section_reactions_, package_reactions_;
  std::optional<Event> held_event_;  // the open unit's header as it will be sent, for hold
  bool held_readable_ = true, held_garbles_ = false;
  std::vector<std::byte> header_with_name_;    // the open unit's header with its block's name put in
  std::optional<Migration> phase_after_plan_;  // the migration as it will be when this plan has left
  std::vector<Notice> scratch_;

  std::deque<HeldUnit> held_;
  std::deque<Insertion> waiting_;

  std::optional<RuleIndex> throttled_by_;
  std::optional<HoldId> throttle_end_;
  std::vector<RuleIndex> throttles_done_;
  std::vector<Count> counts_;
};

}  // namespace mig::proxy
