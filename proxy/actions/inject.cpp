// SPDX-License-Identifier: GPL-2.0-or-later
// The unit is made and sent by the session, since it may go to another connection than that of its moment.
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_parser.hpp"

namespace mig::proxy {
namespace {

bool check(RuleParser& parser) {
  const auto& rule = parser.rule();
  if (!rule.on && !rule.phase)
    return parser.reject(parser.head() + " needs on= or phase=", "when, such as on=package");
  if ((row(rule.unit).match & bit(Key::value)) != 0 && !rule.value)
    return parser.reject(parser.head() + " needs value=", "such as value=1");
  if (rule.unit == Unit::page_request && (rule.block.empty() || !rule.offset))
    return parser.reject(parser.head() + " needs block= and offset=", "such as block=pc.ram,offset=0x3000");
  return true;
}

KeySet allowed(Unit unit, KeySet keys) {
  return (keys & ~bit(Key::channel)) | (unit == Unit::page_request ? bit(Key::by) : 0);
}

}  // namespace

extern constinit const Action inject_action{
    .word = "inject",
    .help = "a unit that nobody sent arrives",
    .on = trait::injectable,
    .needs = "on=SIGUSR1",
    .decision = Decision::injected,
    .injects = true,
    .allowed = allowed,
    .check = check,
};

}  // namespace mig::proxy
