// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/fields_json.hpp"

#include <boost/json/value.hpp>

#include "common/text.hpp"

namespace mig {
namespace {

namespace json = boost::json;

json::value field_value(const Field& field, const json::storage_ptr& memory) {
  switch (field.style) {
    case FieldStyle::decimal: return json::value(field.number, memory);
    case FieldStyle::flag: return json::value(field.number != 0, memory);
    case FieldStyle::hex: return json::value(json::string(hex_text(field.number), memory));
    case FieldStyle::text: return json::value(json::string(printable(field.text), memory));
    case FieldStyle::bytes: return json::value(json::string(hex_bytes(field.text), memory));
  }
  return {};
}

}  // namespace

json::object fields_json(const Event& event, const StreamTables& tables, const json::storage_ptr& memory) {
  json::object fields(memory);
  const FieldList list = fields_of(event, tables);
  for (const Field& field : list) fields[field.name] = field_value(field, memory);
  return fields;
}

}  // namespace mig
