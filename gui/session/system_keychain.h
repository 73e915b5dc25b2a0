// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/secret_keeper.h"
#endif

#include <QObject>

#include <mutex>

namespace seatrial::gui {

// The keychain of the desktop, by QtKeychain: a secret service or KWallet. Its work is done in the thread that made it,
// which needs an event loop; all others may ask.
class SystemKeychain : public QObject, public campaign::SecretKeeper {
    Q_OBJECT

public:
    std::optional<std::string> read(const std::string& name, const std::atomic<bool>& cancelled) override;
    void write(const std::string& name, const std::string& secret) override;
    void forget(const std::string& name) override;
    std::string unavailable() const override;

private:
    void note(int error, const QString& text);

    mutable std::mutex m_mutex;
    std::string m_unavailable;
};

} // namespace seatrial::gui
