// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/rewrite.hpp"

#include <algorithm>
#include <array>

#include "rewriter.hpp"

namespace mig {
namespace {

const RewriteRow* row_of(std::string_view unit) {
  for (const auto rows : {element_rows(), iterative_rows(), return_path_rows(), multifd_rows()}) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.unit == unit; });
    if (row != rows.end()) return &*row;
  }
  return nullptr;
}

// ---- the return path ----

using Type = MessageType;

template <Type type>
void valued(Rewriter& w) {
  w.valued_message(type, w.number("value"));
}

void page_request(Rewriter& w) {
  const auto offset = w.number("offset");
  const auto size = w.number("size");
  if (!w.fields().flag("named")) return w.page_request(offset, size, std::nullopt);
  w.page_request(offset, size, w.text("block"));
}

void recv_bitmap(Rewriter& w) {
  const auto block = w.text("block");
  w.message(Type::recv_bitmap, 1 + block.size());
  w.cstr(block);
  w.u64(w.number("size"));
}

const std::array messages{
    RewriteRow{"shut", valued<Type::shut>},
    RewriteRow{"pong", valued<Type::pong>},
    RewriteRow{"page-request", page_request},
    RewriteRow{"recv-bitmap", recv_bitmap},
    RewriteRow{"recv-bitmap-end", [](Rewriter& w) { w.u64(wire::recv_bitmap_end); }},
    RewriteRow{"resume-ack", valued<Type::resume_ack>},
    RewriteRow{"switchover-ack", [](Rewriter& w) { w.message(Type::switchover_ack, 0); }},
};

}  // namespace

RewriteRows return_path_rows() { return messages; }

std::vector<std::byte> rewrite_header(std::string_view unit, const UnitFields& fields, std::size_t length) {
  const auto* row = row_of(unit);
  if (row == nullptr) return {};
  Rewriter writer(fields, length);
  row->write(writer);
  return writer.take();
}

}  // namespace mig
