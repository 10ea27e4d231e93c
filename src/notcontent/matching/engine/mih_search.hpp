// Every row of a table within the radius of every query.
#pragma once

#include "kernels.hpp"
#include "mih_table.hpp"

namespace notcontent {

// A table with those of its rows that left since it was made.
struct MihPart {
  std::shared_ptr<const MihTable> table;
  std::shared_ptr<const DeadRows> dead;

  std::size_t live() const { return table->size() - dead->count(); }
};

// `queries` holds four words a query in the engine's order of bits; hits carry their numbers. Works on queries
// `begin` to `end`. Exact for every radius up to kMaxRadius. Throws std::bad_alloc.
void search_part(const MihPart& part, const std::vector<std::uint64_t>& queries, std::size_t begin, std::size_t end,
                 std::uint32_t radius, const Kernels& kernels, Hits& hits);

}  // namespace notcontent
