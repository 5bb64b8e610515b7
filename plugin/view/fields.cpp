// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/fields.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "plugin/view/field_table.hpp"

namespace mig::plugin {
namespace {

constexpr auto table_size = std::size(field_table);
constexpr auto generated_count = static_cast<std::size_t>(GeneratedField::count);
constexpr auto tree_count = static_cast<std::size_t>(Tree::count);
constexpr auto expert_count = static_cast<std::size_t>(Expert::count);
static_assert(std::size(generated_table) == generated_count && std::size(expert_table) == expert_count);

std::array<int, table_size> table_ids;
std::array<int, generated_count> generated_ids;
std::array<int, tree_count> tree_ids;
std::array<expert_field, expert_count> expert_ids;

/// What an event names a field, and which row of the table that is.
struct Source {
  std::string_view unit;
  std::string_view field;
  std::size_t row;
};
std::vector<Source> sources;

hf_register_info registration(const FieldRow& row, int* id) {
  return {id, {row.name, row.abbrev, row.type, row.display, row.strings, 0, row.blurb, HFILL}};
}

/// "ping.value page.block" names two sources; "*.type" stands for every unit that has no row of its own.
void note_sources(std::string_view list, std::size_t row) {
  while (!list.empty()) {
    const auto space = std::min(list.find(' '), list.size());
    const auto word = list.substr(0, space);
    const auto dot = word.rfind('.');
    sources.push_back({word.substr(0, dot), word.substr(dot + 1), row});
    list.remove_prefix(std::min(space + 1, list.size()));
  }
}

void register_experts(int protocol) {
  static std::vector<ei_register_info> rows;
  for (std::size_t i = 0; i < expert_count; ++i) {
    const auto& row = expert_table[i];
    expert_ids[i] = EI_INIT;
    rows.push_back({&expert_ids[i], {row.abbrev, row.group, row.severity, row.summary, EXPFILL}});
  }
  expert_register_field_array(expert_register_protocol(protocol), rows.data(), static_cast<int>(rows.size()));
}

}  // namespace

void register_fields(int protocol) {
  static std::vector<hf_register_info> rows;  // Wireshark keeps pointers into it
  table_ids.fill(-1);
  generated_ids.fill(-1);
  tree_ids.fill(-1);
  for (std::size_t i = 0; i < table_size; ++i) {
    rows.push_back(registration(field_table[i], &table_ids[i]));
    note_sources(field_table[i].sources, i);
  }
  for (std::size_t i = 0; i < generated_count; ++i)
    rows.push_back(registration(generated_table[i], &generated_ids[i]));
  proto_register_field_array(protocol, rows.data(), static_cast<int>(rows.size()));

  static std::array<int*, tree_count> trees;
  for (std::size_t i = 0; i < tree_count; ++i) trees[i] = &tree_ids[i];
  proto_register_subtree_array(trees.data(), tree_count);
  register_experts(protocol);
}

int field_id(std::string_view unit, std::string_view field) noexcept {
  const auto matches = [&](const Source& s) { return s.field == field && (s.unit == unit || s.unit == "*"); };
  const auto found = std::find_if(sources.begin(), sources.end(), matches);
  return found != sources.end() ? table_ids[found->row] : -1;
}

int field_id(GeneratedField field) noexcept { return generated_ids[static_cast<std::size_t>(field)]; }
int tree_id(Tree tree) noexcept { return tree_ids[static_cast<std::size_t>(tree)]; }
expert_field* expert_id(Expert expert) noexcept { return &expert_ids[static_cast<std::size_t>(expert)]; }

bool page_fields_wanted() noexcept {
  static std::vector<int> ids;
  if (ids.empty()) {
    for (const auto& source : sources) {
      if (source.unit == "page" || source.unit == "zero-page" || source.unit == "multifd-page")
        ids.push_back(table_ids[source.row]);
    }
    for (const auto field : {GeneratedField::page_flags, GeneratedField::page_iteration,
                             GeneratedField::page_again, GeneratedField::page_data})
      ids.push_back(field_id(field));
  }
  return std::any_of(ids.begin(), ids.end(), [](int id) {
    return proto_registrar_get_nth(static_cast<unsigned>(id))->ref_type != HF_REF_TYPE_NONE;
  });
}

}  // namespace mig::plugin
