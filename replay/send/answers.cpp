// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/send/answers.hpp"

#include <algorithm>

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

std::string pongs_text(const Answers& a) {
  std::string out;
  for (const auto v : a.pongs) out += (out.empty() ? "" : " ") + hex_text(v);
  return out.empty() ? "none" : out;
}

std::string shut_text(const Answers& a) { return a.shut ? std::to_string(*a.shut) : "none"; }

}  // namespace

void Answers::on_event(const Event& event, Bytes) {
  if (const auto* pong = std::get_if<Pong>(&event.body)) pongs.push_back(pong->value);
  if (const auto* s = std::get_if<Shut>(&event.body)) shut = s->value;
  if (std::holds_alternative<PageRequest>(event.body)) ++requests;
}

AnswerComparison compare(const Answers& recorded, const Answers& now) {
  auto a = recorded.pongs, b = now.pongs;
  std::ranges::sort(a);
  std::ranges::sort(b);
  const bool same_pongs = a == b, same_shut = recorded.shut == now.shut;
  const auto word = [](bool same) { return same ? "same" : "DIFFERENT"; };
  AnswerComparison out;
  out.same = same_pongs && same_shut;
  out.table = printed("answers         %-26s %-26s\n", "recorded", "now") +
              printed("  PONG          %-26s %-26s %s\n", pongs_text(recorded).c_str(),
                      pongs_text(now).c_str(), word(same_pongs)) +
              printed("  SHUT          %-26s %-26s %s\n", shut_text(recorded).c_str(), shut_text(now).c_str(),
                      word(same_shut)) +
              printed("  page requests %-26llu %-26llu depends on timing\n",
                      static_cast<unsigned long long>(recorded.requests),
                      static_cast<unsigned long long>(now.requests));
  const bool any = !a.empty() || !b.empty() || recorded.shut || now.shut;
  if (!any) out.table += "  no return path: whether all was loaded, the destination alone can tell\n";
  return out;
}

}  // namespace mig::replay
