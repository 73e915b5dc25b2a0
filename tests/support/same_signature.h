// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <type_traits>

namespace seatrial::tests {

/// Both are passed in the same way: pointers, whole numbers of one size, structures of one size.
template<class Mine, class Theirs>
constexpr bool sameArgument()
{
    if constexpr (std::is_void_v<Mine> || std::is_void_v<Theirs>)
        return std::is_void_v<Mine> == std::is_void_v<Theirs>;
    else
        return sizeof(Mine) == sizeof(Theirs) && std::is_pointer_v<Mine> == std::is_pointer_v<Theirs>
            && std::is_class_v<Mine> == std::is_class_v<Theirs> && std::is_floating_point_v<Mine> == std::is_floating_point_v<Theirs>;
}

/// Whether a function of a library may be called through a pointer of our own declaration.
template<class Mine, class Theirs>
struct Same : std::false_type {};

template<class R, class... Mine, class S, class... Theirs>
struct Same<R (*)(Mine...), S (*)(Theirs...)> {
    static constexpr bool check()
    {
        if constexpr (sizeof...(Mine) != sizeof...(Theirs))
            return false;
        else
            return sameArgument<R, S>() && (sameArgument<Mine, Theirs>() && ...);
    }
    static constexpr bool value = check();
};

} // namespace seatrial::tests
