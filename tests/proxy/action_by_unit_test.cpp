// SPDX-License-Identifier: GPL-2.0-or-later
// Every action on every unit that it goes with: what leaves is the stream around the unit and what the action
// makes of the unit's bytes. Closings of connections, bytes and injections have tests of their own.
#include <doctest/doctest.h>

#include <functional>

#include "proxy/playbook.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;
using proxy::Action;
using proxy::CloseHow;
using proxy::Unit;

namespace {

using S = StreamBuilder;
using R = ReturnPathBuilder;

/// One unit and what stands around it. Inside a package the length in front is always the right one.
struct Scene {
  std::string narrowed;  // keys that make the rule mean this unit
  Buffer before, unit, after;
  bool in_package = false;
  bool multifd = false;

  [[nodiscard]] Buffer with(Bytes instead) const {
    S inner;
    inner.raw(before).raw(instead).raw(after);
    return in_package ? with_package(inner).bytes() : inner.bytes();
  }
  /// Where the unit begins.
  [[nodiscard]] std::size_t begin() const {
    return in_package ? before_package().size() + 9 + before.size() : before.size();
  }
};

Scene forward(const S& unit, const S& after = S().ping(0x77), std::string narrowed = {}) {
  return {std::move(narrowed), before_switchover().bytes(), unit.bytes(), after.bytes()};
}
Scene backward(const R& unit) { return {"", R().pong(1).bytes(), unit.bytes(), R().pong(9).bytes()}; }
Scene inside(const S& before, const S& unit, const S& after, std::string narrowed = {}) {
  return {std::move(narrowed), before.bytes(), unit.bytes(), after.bytes(), true};
}

S in_ram(const S& record) { return S().section_part(1).zero_page("pc.ram", 0).raw(record); }

Scene page(const S& record, std::string narrowed) {
  auto scene = forward(record, S().zero_page("", 0x5000).eos().footer(1).ping(0x77), std::move(narrowed));
  scene.before = S(before_switchover()).raw(in_ram(S())).bytes();
  return scene;
}

Scene end_of_precopy(std::size_t from, std::size_t size) {
  const auto whole = precopy_stream().bytes();
  const auto at = whole.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = at + static_cast<std::ptrdiff_t>(size);
  return {"", {whole.begin(), at}, {at, end}, {end, whole.end()}};
}

Scene multifd() {
  Scene scene{"", MultifdBuilder().init(0).bytes(), MultifdBuilder().packet({.normal = {0, 0x1000}}).bytes(),
              MultifdBuilder().packet({.flags = 1}).bytes()};
  scene.multifd = true;
  return scene;
}

Scene scene_of(Unit unit) {
  const S device = S().device(24, "serial", 60, 3);
  const S rest = S().device(40, "globalstate", 104).ping(3).ping(0x42).run();
  const auto description = std::string_view(R"({"page_size":4096,"devices":[]})").size() + 5;
  const auto precopy = precopy_stream().size();
  switch (unit) {
    case Unit::ping: return forward(S().ping(0x2a), S().ping(0x77), ",value=0x2a");
    case Unit::pong: return backward(R().pong(0x42));
    case Unit::page_request: return backward(R().request("pc.ram", 0x3000));
    case Unit::shut: return backward(R().shut(0));
    case Unit::resume_ack: return backward(R().resume_ack());
    case Unit::switchover_ack: return backward(R().switchover_ack());
    case Unit::recv_bitmap: return backward(R().recv_bitmap("pc.ram", 64));
    case Unit::recv_bitmap_request: return forward(S().recv_bitmap_request("pc.ram"));
    case Unit::package:
      return {"", before_package().bytes(), S().package(postcopy_package()).bytes(), after_package().bytes()};
    case Unit::device: return inside(S().listen(), device, rest, ",name=serial");
    case Unit::section: return forward(in_ram(S().eos()).footer(1), S().ping(0x77), ",name=ram,skip=1");
    case Unit::page: return page(S().page("", 0x3000), ",offset=0x3000");
    case Unit::zero_page: return page(S().zero_page("", 0x3000), ",offset=0x3000");
    case Unit::command: return forward(S().command(8), S().ping(0x77), ",name=enable-colo");
    case Unit::listen: return inside(S(), S().listen(), S(device).raw(rest));
    case Unit::run: return inside(S().listen().raw(device), S().run(), S());
    case Unit::discard: return forward(S().discard("pc.ram", {{0, 0x1000}, {0x4000, 0x1000}}));
    case Unit::advise: {
      const auto start = S().file_header().configuration().open_return_path().ping(1);
      return {"", start.bytes(), S().advise().bytes(), S().ram_setup(1, {{"pc.ram", 0x40000}}).bytes()};
    }
    case Unit::open_return_path:
      return {"", S().file_header().configuration().bytes(), S().open_return_path().bytes(),
              S().ping(1).bytes()};
    case Unit::resume: return forward(S().resume());
    case Unit::switchover_start: return forward(S().switchover_start());
    case Unit::enable_colo: return forward(S().command(8));
    case Unit::footer: {
      const auto body = Bytes(device).first(device.size() - 5);
      return inside(S().listen().raw(body), S().footer(24), rest, ",name=serial");
    }
    case Unit::eof: return end_of_precopy(precopy - description - 1, 1);
    case Unit::vm_description: return end_of_precopy(precopy - description, description);
    case Unit::configuration:
      return {"", S().file_header().bytes(), S().configuration().uuid(7).bytes(), S().ping(1).bytes()};
    case Unit::multifd_packet: return multifd();
    case Unit::connection:
    case Unit::bytes: break;
  }
  return {};
}

/// Runs `rule` over the scene in all chunkings; `check` sees what came of it.
void play(const Scene& scene, Direction direction, const std::string& rule,
          const std::function<void(Playbook&)>& check) {
  CAPTURE(rule);
  for (const auto chunk : chunkings) {
    CAPTURE(chunk);
    Playbook book({rule}, chunk);
    if (scene.multifd) book.from_source(before_switchover()).open();
    const auto bytes = scene.with(scene.unit);
    if (direction == Direction::forward) {
      book.from_source(bytes).source_ends();
    } else {
      book.from_source(before_switchover()).from_destination(bytes).destination_ends();
    }
    CHECK(book.fired() == 1);
    check(book);
  }
}

template <class Change>
Buffer changed_first(Buffer unit, Change change) {
  unit.front() = change(unit.front());
  return unit;
}

/// The unit's bytes as they arrive; nullopt: all arrives, or nothing more.
std::optional<Buffer> effect(const Action& action, const Buffer& unit) {
  const auto word = action.word;
  if (word == "drop") return Buffer{};
  if (word == "duplicate") return S().raw(unit).raw(unit).bytes();
  if (word == "flip") return changed_first(unit, [](std::byte b) { return b ^ std::byte{0x81}; });
  if (word == "set") return changed_first(unit, [](std::byte) { return std::byte{0x55}; });
  if (word == "truncate") return Buffer(unit.begin(), unit.end() - 1);
  return std::nullopt;
}

void check_action(const Action& action, Unit unit) {
  const auto direction = row(unit).direction;
  const auto scene = scene_of(unit);
  const auto wanted = effect(action, scene.unit);
  const auto whole = scene.with(scene.unit);
  const Bytes head = Bytes(whole).first(scene.begin());
  const auto rule = std::string(action.word) + "-" + std::string(row(unit).word) + scene.narrowed +
                    (action.needs.empty() ? "" : ",") + std::string(action.needs);
  play(scene, direction, rule, [&](Playbook& book) {
    const auto& sent = book.sent(direction);
    if (wanted) {
      CHECK(sent == scene.with(*wanted));
    } else if (action.ends) {
      CHECK(std::ranges::equal(sent, head));
      book.expect(direction, head).expect_close(*action.ends, direction);
    } else if (action.word == "delay") {
      book.expect(direction, head).expect_pause(1s, direction);
      CHECK(sent == whole);
    } else {
      REQUIRE(action.word == "hold");
      CHECK(sent == scene.with({}));
      book.time_passes();
      CHECK(sent == S().raw(scene.with({})).raw(scene.unit).bytes());
    }
  });
}

}  // namespace

TEST_CASE("each action on each unit that it goes with") {
  std::size_t pairs = 0;
  for (const auto* action : proxy::actions())
    for (std::size_t u = 0; u < proxy::unit_rows().size(); ++u) {
      const auto unit = static_cast<Unit>(u);
      const bool own_test = action->injects || (row(unit).traits & proxy::trait::in_stream) == 0;
      if (own_test || !goes_with(*action, unit)) continue;
      check_action(*action, unit);
      ++pairs;
    }
  CHECK(pairs == 27 * 11 + 12);  // hold goes with twelve, the others with all
}
