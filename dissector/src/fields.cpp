// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/fields.hpp"

#include "layout/layouts.hpp"
#include "layout/lister.hpp"

namespace mig {
namespace {

template <class... Body>
constexpr auto roles_of(const std::variant<Body...>*) {
  return std::array{Layout<Body>::role...};
}
constexpr auto roles = roles_of(static_cast<const EventBody*>(nullptr));

}  // namespace

std::string_view unit_name(const EventBody& body) noexcept {
  return std::visit(
      []<class Body>(const Body& b) {
        if constexpr (requires { Layout<Body>::name_of(b); }) return Layout<Body>::name_of(b);
        return Layout<Body>::name;
      },
      body);
}

bool starts_unit(const EventBody& body) noexcept { return roles[body.index()] <= Role::nested; }

FieldList fields_of(const Event& event, const StreamTables& tables) {
  FieldList list;
  Lister lister(&tables, list);
  std::visit(
      [&]<class Body>(const Body& body) {
        Layout<Body>::walk(lister, body);
        if constexpr (requires { Layout<Body>::first; }) list.show_first(Layout<Body>::first);
      },
      event.body);
  list.header_size = lister.size();
  return list;
}

}  // namespace mig
