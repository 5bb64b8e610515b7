// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json/basic_parser_impl.hpp>
#include <exception>

#include "vmstate/description.hpp"

namespace mig::vmstate {
namespace {

namespace json = boost::json;
using Text = json::string_view;
using Error = boost::system::error_code;

/// What the JSON parser calls; false ends it.
struct PageSizeHandler {
  static constexpr std::size_t max_array_size = max_description, max_object_size = max_description,
                               max_string_size = max_description, max_key_size = max_description;

  // NOLINTBEGIN(readability-convert-member-functions-to-static): the parser wants members
  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error&) { return ++depth != 0; }
  bool on_array_end(std::size_t, Error&) { return --depth >= 0; }
  bool on_object_begin(Error&) { return ++depth != 0; }
  bool on_object_end(std::size_t, Error&) { return --depth >= 0; }
  bool on_string_part(Text, std::size_t, Error&) { return true; }
  bool on_string(Text, std::size_t, Error&) { return true; }
  bool on_key_part(Text, std::size_t, Error&) { return true; }
  bool on_key(Text key, std::size_t, Error&) {
    wanted = depth == 1 && key == "page_size";
    return true;
  }
  bool on_number_part(Text, Error&) { return true; }
  bool on_int64(std::int64_t value, Text text, Error& error) {
    return value < 0 || on_uint64(static_cast<std::uint64_t>(value), text, error);
  }
  bool on_uint64(std::uint64_t value, Text, Error&) {
    if (wanted && depth == 1) found = value;
    return !found;
  }
  bool on_double(double, Text, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }
  // NOLINTEND(readability-convert-member-functions-to-static)

  int depth = 0;
  bool wanted = false;  ///< the last key was that of the page size
  std::optional<std::uint64_t> found;
};

}  // namespace

std::optional<std::uint64_t> page_size_in(std::string_view text) noexcept {
  try {
    json::basic_parser<PageSizeHandler> parser{json::parse_options{}};
    Error ignored;
    parser.write_some(true, text.data(), text.size(), ignored);
    return parser.handler().found;
  } catch (const std::exception&) {  // no memory for the parser's stack
    return std::nullopt;
  }
}

}  // namespace mig::vmstate
