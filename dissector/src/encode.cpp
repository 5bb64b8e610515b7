// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/encode.hpp"

#include "layout/layouts.hpp"
#include "layout/reader.hpp"
#include "layout/setter.hpp"
#include "layout/writer.hpp"
#include "mig/wire.hpp"

namespace mig {

std::vector<std::byte> encode(const EventBody& body, std::string_view text) {
  Writer writer(text);
  std::visit([&]<class Body>(const Body& b) { Layout<Body>::walk(writer, b); }, body);
  return writer.take();
}

std::vector<std::byte> with_block_name(const EventBody& body, Bytes raw, std::string_view block) {
  auto named = body;
  if (auto* page = std::get_if<PageRecord>(&named); page != nullptr && !page->names_block) {
    page->names_block = true;
    page->flags = static_cast<std::uint16_t>(page->flags & ~wire::ram_continue);
    return encode(named, block);
  }
  if (auto* wanted = std::get_if<PageRequest>(&named); wanted != nullptr && !wanted->names_block) {
    wanted->names_block = true;
    return encode(named, block);
  }
  return {raw.begin(), raw.end()};
}

std::optional<std::vector<std::byte>> set_field(const EventBody& body, Bytes raw, std::string_view field,
                                                const FieldValue& value) {
  Setter setter(raw, field, value);
  std::visit([&]<class Body>(const Body& b) { Layout<Body>::walk(setter, b); }, body);
  return setter.take();
}

std::optional<EventBody> read_again(const EventBody& body, Bytes header, std::uint32_t page_size) {
  const auto shown = [&](std::size_t n) {
    return n <= header.size() ? std::optional(header.first(n)) : std::nullopt;
  };
  Reader reader(shown, page_size);
  auto again = body;
  std::visit([&]<class Body>(Body& b) { Layout<Body>::walk(reader, b); }, again);
  if (!reader.complete() || reader.raw().size() != header.size()) return std::nullopt;
  return again;
}

}  // namespace mig
