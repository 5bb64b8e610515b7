// SPDX-License-Identifier: GPL-2.0-or-later
// Rules on a migration from anywhere: rules as text up to a zero byte, the choice of pieces, be16 length of
// what the source sends, that, and what the destination sends.
#include <algorithm>
#include <csignal>

#include "fuzz/choices.hpp"
#include "fuzz/target.hpp"
#include "proxy/playbook.hpp"

namespace mig::test {
namespace {

struct Scene {
  std::vector<std::string> rules;
  std::uint8_t pieces = 0;
  Bytes from_source, from_destination;
};

/// Rules that are none are left out, so that a change of one letter does not end the scene.
std::vector<std::string> rules_of(std::string_view text) {
  constexpr std::size_t most_rules = 4;
  std::vector<std::string> rules;
  while (!text.empty() && rules.size() < most_rules) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto rule = proxy::parse_rule(line);
    if (std::holds_alternative<proxy::FaultRule>(rule)) rules.emplace_back(line);
  }
  return rules;
}

void play(Playbook& book, const Scene& scene) {
  book.from_source(scene.from_source).source_ends();
  book.from_destination(scene.from_destination).destination_ends();
  book.signal(SIGUSR1).signal(SIGUSR2).time_passes();
}

bool nothing_done(Playbook& book) {
  const auto rules = book.session().rules();
  return book.acted().empty() && std::ranges::all_of(rules, [](const auto& rule) { return rule.fired == 0; });
}

}  // namespace

void fuzz_fault_session(Bytes input) {
  Choices choices(input);
  Scene scene;
  scene.rules = rules_of(choices.text());
  scene.pieces = choices.u8();
  scene.from_source = choices.take(choices.be16());
  scene.from_destination = choices.rest();
  Playbook whole(scene.rules), cut(scene.rules, 1U + scene.pieces % 32U);
  play(whole, scene);
  play(cut, scene);
  require(whole.all_done() == cut.all_done(), "what is sent does not depend on the pieces");
  if (!nothing_done(whole)) return;
  require(std::ranges::equal(whole.sent(Direction::forward), scene.from_source) &&
              std::ranges::equal(whole.sent(Direction::return_path), scene.from_destination),
          "what no rule has touched is sent as it came");
}

}  // namespace mig::test
