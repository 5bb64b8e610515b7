// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rules/rule_vocabulary.hpp"

#include <algorithm>
#include <array>

#include "mig/stream_tables.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

using namespace trait;
constexpr Traits movable = in_stream | overtakable;
constexpr Traits makeable = movable | injectable;

constexpr Command command(CommandType type) { return {type, false}; }
constexpr SectionHeader section(SectionType type) {
  SectionHeader header;
  header.type = type;
  return header;
}
constexpr PageRecord page(PageEncoding encoding) {
  PageRecord record;
  record.encoding = encoding;
  record.names_block = true;
  return record;
}

constexpr auto fwd = Direction::forward;
constexpr auto back = Direction::return_path;
constexpr KeySet by_value = bit(Key::value);
constexpr KeySet by_name = bit(Key::name);
constexpr KeySet by_section = bit(Key::name) | bit(Key::instance);
constexpr KeySet by_page = bit(Key::block) | bit(Key::offset);

constexpr auto units = std::to_array<UnitRow>({
    {"ping", fwd, makeable, by_value, Ping{}, true, "command PING, also inside the package"},
    {"pong", back, makeable, by_value, Pong{}, false, "answer to a PING; 0x42 unless value= is given"},
    {"page-request", back, makeable, by_page, PageRequest{no_block, 4096, 0, true}, false,
     "the destination asks for a page"},
    {"shut", back, makeable, by_value, Shut{}, false, "the destination's last message: 0 done, else failed"},
    {"resume-ack", back, makeable, by_value, ResumeAck{}, false, "answer to the command resume"},
    {"switchover-ack", back, makeable, 0, SwitchoverAck{}, false, "the destination is ready to switch over"},
    {"recv-bitmap", back, movable | payload, bit(Key::block), RecvBitmap{}, false,
     "which pages have arrived, in recovery"},
    {"recv-bitmap-request", fwd, movable, bit(Key::block), RecvBitmapRequest{}, false,
     "the command that asks for a recv-bitmap"},
    {"package", fwd, in_stream | payload, 0, PackageBegin{}, false,
     "the package of postcopy: devices, PINGs, RUN"},
    {"device", fwd, in_stream | payload, by_section, section(SectionType::full), true,
     "a device's FULL section: header, state, footer"},
    {"section", fwd, in_stream | payload, by_section, section(SectionType::start), true,
     "any section, START, PART, END or FULL"},
    {"page", fwd, in_stream | payload, by_page, page(PageEncoding::plain), false,
     "a RAM page with its bytes"},
    {"zero-page", fwd, in_stream, by_page, page(PageEncoding::zero), false,
     "a RAM page said to be filled with one byte"},
    {"command", fwd, in_stream | payload, by_name, std::nullopt, true,
     "any command but PACKAGED; name= says which"},
    {"listen", fwd, in_stream, 0, command(CommandType::postcopy_listen), true,
     "command POSTCOPY_LISTEN, the first in the package"},
    {"run", fwd, in_stream, 0, command(CommandType::postcopy_run), true,
     "command POSTCOPY_RUN, the last in the package"},
    {"discard", fwd, movable | payload, bit(Key::block), RamDiscard{}, false, "command POSTCOPY_RAM_DISCARD"},
    {"advise", fwd, in_stream, 0, PostcopyAdvise{0, 0, 16}, false, "command POSTCOPY_ADVISE"},
    {"open-return-path", fwd, makeable, 0, command(CommandType::open_return_path), false,
     "command OPEN_RETURN_PATH"},
    {"resume", fwd, makeable, 0, command(CommandType::postcopy_resume), false,
     "command POSTCOPY_RESUME, in recovery"},
    {"switchover-start", fwd, makeable, 0, command(CommandType::switchover_start), false,
     "command SWITCHOVER_START"},
    {"enable-colo", fwd, in_stream, 0, command(CommandType::enable_colo), false, "command ENABLE_COLO"},
    {"footer", fwd, in_stream | only_once, by_section, SectionFooter{}, true, "the mark that ends a section"},
    {"eof", fwd, in_stream | injectable | only_once, 0, EndOfStream{}, false,
     "the mark that ends the stream"},
    {"vm-description", fwd, in_stream | payload, 0, VmDescription{}, false,
     "the JSON text behind a precopy stream"},
    {"configuration", fwd, in_stream | payload | only_once, 0, Configuration{}, false,
     "machine type and its subsections"},
    {"multifd-packet", fwd, in_stream | payload, by_page& bit(Key::block), MultifdPacket{0, no_block, 0, 1},
     false, "a packet of a multifd channel"},
    {"connection", fwd, whole_connection, 0, std::nullopt, false,
     "a TCP connection; hold: the connect to the destination"},
    {"bytes", fwd, whole_stream, 0, std::nullopt, false, "what the source sends, readable or not (TLS)"},
});

static_assert(units.size() <= 32, "a unit needs a bit in UnitSet");

constexpr std::array<KeyRow, 23> keys{{
    {"value", "NUMBER|any", "the unit's value"},
    {"name", "TEXT", "idstr of a section (whole, or behind its last /), or a command's name"},
    {"instance", "NUMBER", "instance id of a section"},
    {"block", "TEXT", "RAM block"},
    {"offset", "SIZE", "offset of a page in its block"},
    {"channel", "main|multifd|preempt|tls|all", "only there; of closing actions: which connections end"},
    {"connection", "N", "only the Nth connection, from 1"},
    {"migration", "N", "only the Nth migration, from 1"},
    {"skip", "N", "let N matches pass first"},
    {"times", "N|all", "how often in each migration; 1 unless given"},
    {"chance", "0..1", "act with this probability; wants --seed"},
    {"on", "UNIT[:VALUE]|SIGUSR1|SIGUSR2", "only once that unit was sent or the signal has come"},
    {"phase", "PHASE", "only in this phase of the migration"},
    {"at", "SIZE", "offset in the unit, or in field= where given"},
    {"mask", "NUMBER", "bits to invert"},
    {"field", "NAME|payload", "header field, or what follows the header"},
    {"to", "NUMBER|TEXT", "the new value"},
    {"by", "SIZE|RATE", "how many bytes, or bytes per second"},
    {"for", "DURATION", "how long"},
    {"jitter", "DURATION", "up to that much longer, at random; wants --seed"},
    {"until", "UNIT[:VALUE]|SIGUSR1|SIGUSR2", "until that unit was sent or the signal has come"},
    {"after", "SIZE", "number of bytes of the unit that pass first"},
    {"repair", "yes|no", "mend the package's length and the pages that follow; yes unless given"},
}};

constexpr std::array<std::string_view, 5> channels{"main", "multifd", "preempt", "tls", "all"};

template <class Enum, class Rows>
std::optional<Enum> find(const Rows& rows, std::string_view word) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].word == word) return static_cast<Enum>(i);
  return std::nullopt;
}

std::string columns(std::string_view word, std::string_view help) {
  std::string line = "  " + std::string(word);
  line.append(line.size() < 22 ? 22 - line.size() : 1, ' ');
  return line + std::string(help) + "\n";
}

}  // namespace

std::span<const UnitRow> unit_rows() noexcept { return units; }
std::span<const KeyRow> key_rows() noexcept { return keys; }
const UnitRow& row(Unit unit) noexcept { return units[static_cast<std::size_t>(unit)]; }
const KeyRow& row(Key key) noexcept { return keys[static_cast<std::size_t>(key)]; }

std::string_view to_string(ChannelChoice channel) noexcept {
  return channels[static_cast<std::size_t>(channel)];
}
std::optional<Unit> find_unit(std::string_view word) noexcept { return find<Unit>(units, word); }
std::optional<Key> find_key(std::string_view word) noexcept { return find<Key>(keys, word); }

std::optional<ChannelChoice> find_channel(std::string_view word) noexcept {
  for (std::size_t i = 0; i < channels.size(); ++i)
    if (channels[i] == word) return static_cast<ChannelChoice>(i);
  return std::nullopt;
}

std::optional<Phase> find_phase(std::string_view word) noexcept {
  for (auto i = 0; i <= static_cast<int>(Phase::failed); ++i)
    if (const auto phase = static_cast<Phase>(i); mig::to_string(phase) == word) return phase;
  return std::nullopt;
}

KeySet allowed_keys(const Action& action, Unit unit) noexcept {
  constexpr KeySet narrow = bit(Key::channel) | bit(Key::connection) | bit(Key::migration) | bit(Key::skip) |
                            bit(Key::times) | bit(Key::chance) | bit(Key::on) | bit(Key::phase);
  const KeySet keys = action.keys | row(unit).match | narrow;
  return action.allowed == nullptr ? keys : action.allowed(unit, keys);
}

FieldList header_fields(Unit unit) {
  static const StreamTables no_names;
  FieldList fields;
  // What all commands have in common.
  const auto sample = unit == Unit::command ? EventBody(Command{}) : row(unit).sample;
  if (!sample) return fields;
  for (const auto& field : fields_of(Event{{}, *sample}, no_names))
    if (field.wire.size != 0 || field.counted) fields.add(field);
  return fields;
}

std::string_view default_field(Unit unit) {
  const auto fields = header_fields(unit);
  const auto quiet = [](const Field& field) { return field.quiet; };
  const auto* first = std::find_if_not(fields.begin(), fields.end(), quiet);
  const bool only = std::count_if(fields.begin(), fields.end(), quiet) + 1 == fields.end() - fields.begin();
  return only ? first->name : std::string_view{};
}

bool waits(const FaultRule& rule) noexcept { return rule.duration != Duration{} || rule.until.has_value(); }

bool passes_later(const FaultRule& rule) noexcept {
  return rule.action->ends == CloseHow::blackhole && waits(rule);
}

bool takes_unit(const FaultRule& rule) noexcept { return rule.action->takes_unit && !passes_later(rule); }

bool may_change_length(const FaultRule& rule) {
  if (rule.action->changes_length || rule.to.empty()) return rule.action->changes_length;
  const auto fields = header_fields(rule.unit);
  const auto* field = fields.find(rule.field);
  return field != nullptr && field->counted && !rule.at;
}

std::string with_article(std::string_view unit) {
  if (unit == "bytes") return std::string(unit);
  const bool vowel = std::string_view("aeio").find(unit.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(unit);
}

std::string vocabulary_help() {
  std::string text = "A rule is ACTION-UNIT[,key=value]...\n\nActions\n";
  for (const auto* action : actions()) text += columns(action->word, action->help);
  text += "\nUnits, sent by the source\n";
  for (const auto& unit : units)
    if (unit.direction == fwd) text += columns(unit.word, unit.help);
  text += "\nUnits, sent by the destination\n";
  for (const auto& unit : units)
    if (unit.direction == back) text += columns(unit.word, unit.help);
  text += "\nKeys\n";
  for (const auto& key : keys) {
    text += columns(std::string(key.word) + "=", std::string(key.form));
    text += columns("", key.help);
  }
  return text;
}

}  // namespace mig::proxy
