// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {

/// An element of an XML text.
struct XmlElement {
  std::size_t depth = 0;  ///< 1: the root
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string>> attributes;
  std::string text;  ///< directly in it, without white space at its ends
  [[nodiscard]] std::string attribute(std::string_view wanted) const;
};

/// The elements in the order in which they begin, as far as the text is well-formed. Knows what libvirt
/// writes: elements, attributes, text, comments, the five named entities. Linear, and bounded: the first
/// `max_elements`.
[[nodiscard]] std::vector<XmlElement> xml_elements(std::string_view xml);
inline constexpr std::size_t max_elements = 20000;

/// Name, machine, memory and devices of a domain, as its XML has them, into `origin`.
void describe_domain(std::string_view xml, StreamOrigin& origin);

}  // namespace mig::replay
