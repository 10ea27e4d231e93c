// Which of its instruction sets a native module takes: the same choice in each of them.
//
// `Kernels` is the module's own struct of inner loops, with a `name`. `available` has those that this processor runs,
// the fastest first; the last one, "portable", runs everywhere.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace notcontent {

// The named instruction set; "auto" is the fastest. Throws std::invalid_argument when this processor lacks it.
template <class Kernels>
const Kernels& kernels_among(const std::vector<const Kernels*>& available, std::string_view name) {
  if (name == "auto") return *available.front();
  for (const Kernels* each : available) {
    if (each->name == name) return *each;
  }
  throw std::invalid_argument("instruction set not available");
}

template <class Kernels>
std::vector<std::string> names_of(const std::vector<const Kernels*>& available) {
  std::vector<std::string> names;
  for (const Kernels* each : available) names.emplace_back(each->name);
  return names;
}

}  // namespace notcontent
