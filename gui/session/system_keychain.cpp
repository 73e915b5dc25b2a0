// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/system_keychain.h"

#include <qt6keychain/keychain.h>

#include <chrono>
#include <condition_variable>

namespace seatrial::gui {

namespace {

const auto service = QStringLiteral("Seatrial");
constexpr auto longestWait = std::chrono::seconds(60); // a locked keychain asks its owner first

struct Reply {
    std::mutex mutex;
    std::condition_variable come;
    bool done = false;
    std::optional<std::string> secret;
};

} // namespace

std::optional<std::string> SystemKeychain::read(const std::string& name, const std::atomic<bool>& cancelled)
{
    const auto reply = std::make_shared<Reply>();
    const auto work = [this, reply, name] {
        auto* job = new QKeychain::ReadPasswordJob(service, this);
        job->setKey(QString::fromStdString(name));
        connect(job, &QKeychain::Job::finished, this, [this, reply, job] {
            note(job->error(), job->errorString());
            const std::scoped_lock lock(reply->mutex);
            if (job->error() == QKeychain::NoError)
                reply->secret = job->textData().toStdString();
            reply->done = true;
            reply->come.notify_all();
        });
        job->start();
    };
    QMetaObject::invokeMethod(this, work, Qt::QueuedConnection);
    const auto deadline = std::chrono::steady_clock::now() + longestWait;
    std::unique_lock lock(reply->mutex);
    while (!reply->done && !cancelled && std::chrono::steady_clock::now() < deadline)
        reply->come.wait_for(lock, std::chrono::milliseconds(50));
    return reply->done ? std::move(reply->secret) : std::nullopt;
}

void SystemKeychain::write(const std::string& name, const std::string& secret)
{
    const auto work = [this, name, text = QString::fromStdString(secret)] {
        auto* job = new QKeychain::WritePasswordJob(service, this);
        job->setKey(QString::fromStdString(name));
        job->setTextData(text);
        connect(job, &QKeychain::Job::finished, this, [this, job] { note(job->error(), job->errorString()); });
        job->start();
    };
    QMetaObject::invokeMethod(this, work, Qt::QueuedConnection);
}

void SystemKeychain::forget(const std::string& name)
{
    const auto work = [this, name] {
        auto* job = new QKeychain::DeletePasswordJob(service, this);
        job->setKey(QString::fromStdString(name));
        job->start();
    };
    QMetaObject::invokeMethod(this, work, Qt::QueuedConnection);
}

std::string SystemKeychain::unavailable() const
{
    const std::scoped_lock lock(m_mutex);
    return m_unavailable;
}

void SystemKeychain::note(int error, const QString& text)
{
    const std::scoped_lock lock(m_mutex);
    if (error == QKeychain::NoError || error == QKeychain::EntryNotFound)
        m_unavailable.clear();
    else if (error == QKeychain::NoBackendAvailable || error == QKeychain::NotImplemented)
        m_unavailable = "no keychain runs on this computer (a secret service or KWallet)";
    else
        m_unavailable = "the keychain does not work: " + (text.isEmpty() ? "error " + std::to_string(error) : text.toStdString());
}

} // namespace seatrial::gui
