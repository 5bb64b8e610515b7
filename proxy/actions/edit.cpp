// SPDX-License-Identifier: GPL-2.0-or-later
// flip and set: bits, bytes or a field of a unit are changed.
#include <algorithm>

#include "mig/fields.hpp"
#include "proxy/actions/acting.hpp"
#include "proxy/actions/unit_edit.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_parser.hpp"
#include "proxy/rules/rule_values.hpp"

namespace mig::proxy {
namespace {

class Patches final : public Filter {
 public:
  Patches(ActionHost& host, RuleIndex rule, std::vector<BytePatch> patches)
      : host_(host), rule_(rule), patches_(std::move(patches)) {}
  /// Of a connection, which has sent `sent` bytes: the rule fires when it changes the first byte.
  void fires_at_change(std::uint64_t sent) {
    asks_ = true;
    position_ = sent;
  }
  [[nodiscard]] RuleIndex rule() const noexcept { return rule_; }
  /// What a rule behind this one sets to something else is not changed here. False: nothing remains.
  bool give_way(const std::vector<BytePatch>& later) {
    std::erase_if(patches_, [&](const BytePatch& earlier) {
      return std::any_of(later.begin(), later.end(), [&](const BytePatch& p) {
        return p.at == earlier.at && (earlier.flip || p.value != earlier.value);
      });
    });
    return !patches_.empty();
  }

  void bytes(Bytes bytes, const Next& next) override {
    const auto begin = std::exchange(position_, position_ + bytes.size());
    const auto touches = [&](const BytePatch& p) { return p.at >= begin && p.at < position_; };
    if (std::none_of(patches_.begin(), patches_.end(), touches)) return next.send(bytes);
    if (asks_ && !changed_ && !host_.may_act(rule_)) {
      patches_.clear();
      return next.send(bytes);
    }
    std::vector<std::byte> changed(bytes.begin(), bytes.end());
    std::size_t done = 0;
    for (const auto& patch : patches_) {
      if (!touches(patch)) continue;
      const auto at = static_cast<std::size_t>(patch.at - begin);
      // What is in front goes first: a window behind this may end there, and then the byte is not sent.
      if (at > done) next.send(Bytes(changed).subspan(done, at - done));
      done = std::max(done, at);
      const auto before = std::exchange(changed[at], patch.flip ? changed[at] ^ patch.value : patch.value);
      if (changed[at] != before) (next.is_blocked() ? blocked_ : changed_) = true;
    }
    next.send(Bytes(changed).subspan(done));
  }
  void end(const Next& /*next*/) override {
    if (changed_) return;
    const bool reached = std::any_of(patches_.begin(), patches_.end(),
                                     [&](const BytePatch& patch) { return patch.at < position_; });
    host_.ineffective(rule_, blocked_  ? another_takes_it
                             : reached ? "the bytes were so already"
                                       : "the unit has only " + std::to_string(position_) + " bytes");
  }

 private:
  ActionHost& host_;
  RuleIndex rule_;
  std::vector<BytePatch> patches_;
  std::uint64_t position_ = 0;
  bool asks_ = false;
  bool changed_ = false;  // a byte was sent as another one
  bool blocked_ = false;  // all that was changed reached only filters that let nothing pass
};

/// What the rules in front make of these bytes is not sent.
void overwrite(Acting& acting, const std::vector<BytePatch>& patches) {
  for (auto& filter : acting.filters) {
    auto* earlier = dynamic_cast<Patches*>(filter.get());
    if (earlier == nullptr || earlier->give_way(patches)) continue;
    acting.host.ineffective(earlier->rule(), "another rule sets the same bytes");
    filter.reset();
  }
  std::erase(acting.filters, nullptr);
}

std::string obstacle(const Acting& acting) {
  return edit_unit(acting.rule, acting.event, acting.raw, acting.tables).impossible;
}

void change(Acting& acting) {
  auto& outcome = acting.outcome;
  auto edit = edit_unit(acting.rule, outcome.sent.value_or(acting.event), acting.raw, acting.tables);
  if (edit.body) outcome.sent = Event{acting.event.range, *edit.body, acting.event.extent};
  outcome.readable = outcome.readable && edit.readable;
  outcome.edit_garbles = outcome.edit_garbles || edit.garbles;
  if (!edit.header.empty()) {
    if (outcome.size) *outcome.size += edit.header.size() - acting.raw.size();
    outcome.header = std::move(edit.header);
  }
  if (!acting.rule.to.empty()) overwrite(acting, edit.patches);
  outcome.patches.insert(outcome.patches.end(), edit.patches.begin(), edit.patches.end());
  if (!edit.patches.empty()) acting.add<Patches>(acting.host, acting.index, std::move(edit.patches));
}

/// flip-bytes.
void flip_bytes(Acting& acting) {
  const auto& rule = acting.rule;
  if (!acting.host.in_scope(acting.index) || !acting.host.armed(acting.index)) return;
  std::vector<BytePatch> patches;
  auto at = rule.at.value_or(0);
  for (const auto byte : rule.mask) patches.push_back({at++, byte, true});
  auto filter = std::make_unique<Patches>(acting.host, acting.index, std::move(patches));
  filter->fires_at_change(acting.host.sent());
  acting.filters.push_back(std::move(filter));
}

// ---- the checks

bool names_place(RuleParser& parser) {
  if (parser.has(Key::field) || parser.has(Key::at)) return true;
  return parser.reject(parser.head() + " needs field= or at=", "where in the unit");
}

/// nullptr after parser.reject(); also for payload, of which nothing more can be checked.
const Field* find_field(RuleParser& parser, const FieldList& fields, bool& good) {
  const auto& rule = parser.rule();
  const auto& unit = row(rule.unit);
  const bool payload = (unit.traits & trait::payload) != 0;
  good = rule.field == "payload" && payload;
  if (good) return nullptr;
  if (rule.field == "payload") {
    parser.reject(Key::field, with_article(unit.word) + " has no payload behind its header");
    return nullptr;
  }
  const auto* field = fields.find(rule.field);
  good = field != nullptr;
  if (good) return field;
  std::vector<std::string_view> known;
  for (const auto& candidate : fields) known.push_back(candidate.name);
  if (payload) known.emplace_back("payload");
  parser.reject_word(Key::field, "field", known);
  return nullptr;
}

bool reject_width(RuleParser& parser, Key key, std::size_t width) {
  return parser.reject(
      key,
      "\"" + std::string(parser.text(key)) + "\" does not fit into field \"" + parser.rule().field + "\"",
      "it is " + std::to_string(width) + " bytes wide");
}

bool check_flip(RuleParser& parser) {
  const auto& rule = parser.rule();
  if (rule.mask.empty())
    return parser.reject(parser.head() + " needs mask=", "which bits, such as mask=0x01");
  if (std::all_of(rule.mask.begin(), rule.mask.end(), [](std::byte b) { return b == std::byte{0}; }))
    return parser.reject(Key::mask, "mask=0 changes nothing");
  if (!names_place(parser)) return false;
  if (rule.field.empty()) return true;
  bool good = false;
  const auto fields = header_fields(rule.unit);
  const auto* field = find_field(parser, fields, good);
  if (field == nullptr || field->counted || parser.has(Key::at)) return good;
  if (rule.mask.size() <= field->wire.size) return true;
  return reject_width(parser, Key::mask, field->wire.size);
}

bool check_set(RuleParser& parser) {
  auto& rule = parser.rule();
  if (rule.to.empty()) return parser.reject(parser.head() + " needs to=", "the new value, such as to=0x43");
  if (!parser.has(Key::field) && !parser.has(Key::at)) rule.field = default_field(rule.unit);
  if (rule.field.empty() && !names_place(parser)) return false;
  const bool sets_bytes = rule.field.empty() || parser.has(Key::at) || rule.field == "payload";
  if (sets_bytes && !parse_byte_string(rule.to))
    return parser.reject(Key::to, "bad bytes \"" + rule.to + "\" in rule",
                         "wanted them as 0x with two digits each");
  if (rule.field.empty()) return true;
  bool good = false;
  const auto fields = header_fields(rule.unit);
  const auto* field = find_field(parser, fields, good);
  if (field == nullptr || field->counted || sets_bytes) return good;
  const auto number = parse_number(rule.to);
  if (!number)
    return parser.reject(Key::to, "bad value \"" + rule.to + "\" in rule", "wanted a number, decimal or 0x");
  const auto width = std::size_t{field->wire.size};
  return width == 8 || *number >> (8 * width) == 0 || reject_width(parser, Key::to, width);
}

}  // namespace

extern constinit const Action flip_action{
    .word = "flip",
    .help = "bits of the unit are inverted",
    .on = trait::in_stream | trait::whole_stream,
    .keys = bit(Key::field) | bit(Key::at) | bit(Key::mask),
    .needs = "at=0,mask=0x81",
    .decision = Decision::changed,
    .check = check_flip,
    .obstacle = obstacle,
    .act = change,
    .start = flip_bytes,
};

extern constinit const Action set_action{
    .word = "set",
    .help = "a field or bytes get another value",
    .on = trait::in_stream,
    .keys = bit(Key::field) | bit(Key::at) | bit(Key::to) | bit(Key::repair),
    .needs = "at=0,to=0x55",
    .decision = Decision::changed,
    .check = check_set,
    .obstacle = obstacle,
    .act = change,
};

}  // namespace mig::proxy
