// SPDX-License-Identifier: GPL-2.0-or-later
// The rule grammar: what is read, and how it is printed.
#include <doctest/doctest.h>

#include "common/suggestion.hpp"
#include "mig/fields.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/fault_rule.hpp"
#include "proxy/rules/rule_values.hpp"
#include "proxy/rules/rule_vocabulary.hpp"
#include "proxy/rules/unit_kind.hpp"

using namespace mig;
using namespace mig::proxy;
using namespace std::chrono_literals;

namespace {

FaultRule good(std::string_view text) {
  auto result = parse_rule(text);
  const auto* error = std::get_if<RuleError>(&result);
  REQUIRE_MESSAGE(error == nullptr, (error != nullptr ? to_string(*error) : ""));
  return std::get<FaultRule>(std::move(result));
}

}  // namespace

TEST_CASE("rules of the manual are read, and printed so that they are read again") {
  const char* texts[] = {
      "drop-pong",
      "drop-pong,value=any,times=all",
      "hold-pong,for=5s",
      "hold-pong,for=0s",
      "delay-package,for=0s,jitter=1ms",
      "hold-pong,until=SIGUSR1",
      "hold-connection,for=250ms,connection=2",
      "drop-ping,value=0x42",
      "drop-ping,value=66,repair=no",
      "flip-page,block=pc.ram,offset=0x3000,at=17,mask=0x01,skip=2",
      "set-device,name=i8259,field=version_id,to=0x7fff",
      "flip-device,name=i8259,instance=1,field=payload,at=17,mask=0x0102",
      "reset-section,name=ram,after=13",
      "reset-connection,after=1MiB",
      "reset-connection,connection=2",
      "reset-connection,channel=all,on=SIGUSR1",
      "inject-pong,value=0x42,on=package",
      "inject-page-request,block=pc.ram,offset=64KiB,by=0x1000,on=pong:0x42",
      "set-package,field=length,to=0xffffffff",
      "set-pong,to=0x43",
      "set-pong,field=type,to=0x99",
      "set-pong,at=4,to=0x00000043",
      "set-footer,to=77,name=serial",
      "set-device,name=serial,field=idstr,to=parallel",
      "truncate-package,by=1",
      "duplicate-pong",
      "delay-package,for=4s,jitter=100us",
      "delay-package,until=shut",
      "delay-section,until=pong:4,for=1min,name=ram",
      "drop-page,chance=0.1,times=all,block=pc.ram",
      "drop-command,name=listen",
      "drop-recv-bitmap,block=pc.ram",
      "drop-recv-bitmap-request",
      "throttle-bytes,by=8MiB/s,phase=postcopy-active",
      "blackhole-connection,phase=postcopy-device,for=20s",
      "half-close-connection",
      "half-close-pong,value=2",
      "absorb-connection,migration=3",
      "close-switchover-start,on=device:globalstate",
      "flip-bytes,at=100,mask=0xff",
      "drop-multifd-packet,skip=3",
  };
  for (const auto* text : texts) {
    CAPTURE(text);
    auto rule = good(text);
    CHECK(rule.name == text);
    auto again = good(print_rule(rule));
    again.name = rule.name;
    CHECK(again == rule);
    CHECK(print_rule(again) == print_rule(rule));
  }
}

TEST_CASE("every action and unit that go together can be written down") {
  for (const auto* action : actions())
    for (std::size_t u = 0; u < unit_rows().size(); ++u) {
      const auto unit = static_cast<Unit>(u);
      std::string text = std::string(action->word) + "-" + std::string(row(unit).word);
      CAPTURE(text);
      if (!goes_with(*action, unit)) {
        CHECK(std::holds_alternative<RuleError>(parse_rule(text)));
        continue;
      }
      if (!action->needs.empty()) {
        CHECK(std::holds_alternative<RuleError>(parse_rule(text)));
        text += "," + std::string(action->needs);
      }
      if (action->injects && (row(unit).match & bit(Key::value)) != 0) text += ",value=1";
      if (action->injects && unit == Unit::page_request) text += ",block=pc.ram,offset=0";
      CHECK(good(text).unit == unit);
    }
}

TEST_CASE("defaults") {
  CHECK(good("drop-pong").value == 0x42);
  CHECK_FALSE(good("drop-pong,value=any").value.has_value());
  CHECK_FALSE(good("drop-ping").value.has_value());
  CHECK(good("drop-ping").times == 1);
  CHECK(good("drop-ping,times=all").times == 0);
  CHECK(good("set-pong,to=0x43").field == "value");
  CHECK(good("set-footer,to=1").field == "section_id");
  CHECK(good("  drop-pong  ").name == "drop-pong");
}

TEST_CASE("values") {
  CHECK(parse_number("0x42") == 0x42);
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const auto* bad : {"", "0x", "-1", "1 ", "18446744073709551616", "4x"}) CHECK_FALSE(parse_number(bad));
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("13") == 13);
  CHECK(parse_size("13B") == 13);
  for (const auto* bad : {"64K", "1.5MiB", "99999999999GiB"}) CHECK_FALSE(parse_size(bad));
  CHECK(parse_rate("8MiB/s") == 8u << 20);
  CHECK_FALSE(parse_rate("8MiB"));
  CHECK(parse_duration("5s") == 5s);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("100us") == 100us);
  CHECK(parse_duration("2min") == 2min);
  for (const auto* bad : {"5", "s", "5 s", "-1s", "99999999999999s"}) CHECK_FALSE(parse_duration(bad));
  CHECK(parse_chance("0.5") == 0.5);
  for (const auto* bad : {"0", "1.1", "-0.5", "nan", "x"}) CHECK_FALSE(parse_chance(bad));
  CHECK(parse_byte_string("0x00ff")->size() == 2);
  CHECK(parse_byte_string("0x1")->size() == 1);
  CHECK_FALSE(parse_byte_string("256"));
  CHECK(edit_distance("pnog", "pong") == 1);
  CHECK(edit_distance("pnog", "ping") == 2);
  CHECK(edit_distance("", "ping") == 4);
}

TEST_CASE("only dice want a seed") {
  CHECK(needs_seed(good("drop-ping,chance=0.5")));
  CHECK(needs_seed(good("delay-ping,for=1s,jitter=1s")));
  CHECK_FALSE(needs_seed(good("drop-pong")));
}

TEST_CASE("the vocabulary has the parser's names for units, and knows its samples again") {
  for (std::size_t i = 0; i < unit_rows().size(); ++i) {
    const auto& unit = unit_rows()[i];
    CAPTURE(unit.word);
    if (!unit.sample) continue;
    CHECK((units_of(*unit.sample) & bit(static_cast<Unit>(i))) != 0);
    CHECK(unit_name(*unit.sample) == (unit.word == "device" ? "section" : unit.word));
  }
  PageRecord zero;
  zero.encoding = PageEncoding::zero;
  CHECK(units_of(zero) == bit(Unit::zero_page));
  CHECK(units_of(PageRecord{}) == bit(Unit::page));
  CHECK(units_of(Command{CommandType::postcopy_run, true}) == (bit(Unit::run) | bit(Unit::command)));
  CHECK(units_of(RamDiscard{}) == (bit(Unit::discard) | bit(Unit::command)));
  CHECK(units_of(PackageBegin{}) == bit(Unit::package));
  SectionHeader part;
  part.type = SectionType::part;
  CHECK(units_of(part) == bit(Unit::section));
  part.type = SectionType::full;
  CHECK(units_of(part) == (bit(Unit::section) | bit(Unit::device)));
  CHECK(units_of(MultifdDeviceState{}) == bit(Unit::multifd_packet));
  CHECK(units_of(Payload{}) == 0);
  CHECK(units_of(DiscardRange{}) == 0);
}

TEST_CASE("fields that set and flip may touch, and the one that needs no field=") {
  const auto names = [](Unit unit) {
    std::string all;
    for (const auto& field : header_fields(unit)) all += std::string(field.name) + " ";
    return all;
  };
  CHECK(names(Unit::pong) == "type length value ");
  CHECK(names(Unit::page_request) == "type length block offset size ");
  CHECK(names(Unit::recv_bitmap) == "type length block size ");
  CHECK(names(Unit::recv_bitmap_request) == "type length block ");
  CHECK(names(Unit::device) == "type section_id idstr instance_id version_id ");
  CHECK(names(Unit::page) == "block offset ");
  CHECK(names(Unit::zero_page) == "block offset fill ");
  CHECK(names(Unit::command) == "type length ");
  CHECK(names(Unit::package) == "type length ");
  CHECK(names(Unit::advise) == "type length page_size_summary target_page_size ");
  CHECK(names(Unit::multifd_packet) == "packet_num flags block normal_pages zero_pages pages_alloc size ");
  CHECK(names(Unit::bytes).empty());
  CHECK(default_field(Unit::pong) == "value");
  CHECK(default_field(Unit::footer) == "section_id");
  CHECK(default_field(Unit::recv_bitmap_request) == "block");
  CHECK(default_field(Unit::page).empty());
  CHECK(default_field(Unit::switchover_ack).empty());
}
