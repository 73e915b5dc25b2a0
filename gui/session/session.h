// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/snapshot.h"
#include "gui/session/question_desk.h"
#include "gui/session/run_relay.h"
#include "gui/session/this_computer.h"
#include "gui/session/tools.h"
#endif

#include <QHash>
#include <QObject>
#include <QStringList>
#include <QThreadPool>

#include <optional>

namespace seatrial::gui {

struct ActiveRun;

// What is open: an inventory, a store, a run. Everything that may take time happens on worker threads and comes back
// as a signal; failures come back as values with the place they belong to.
class Session : public QObject {
    Q_OBJECT

public:
    explicit Session(Tools tools, QObject* parent = nullptr);
    ~Session() override; // a run in work is detached: its nodes go on

    enum class Place { Inventory, Store, Run, Stream };
    Q_ENUM(Place)

    struct Start {
        domain::Plan plan;
        std::vector<domain::NodeId> nodes;
        bool allowBusy = false;
        campaign::RampTerms ramp;
    };

    void openInventory(const QString& file);
    void openStore(const QString& file); // looking at one that does not exist is a failure
    void useStore(const QString& file);  // for runs to come; made when the first one begins
    void openRun(const domain::RunId& run); // empty: the newest
    void refreshRuns();
    void readPlans();
    void lookAtComputer();
    void begin(Start start);
    void resume(const domain::RunId& run, const campaign::RampTerms& ramp);
    void cancel(const QString& reason);
    void detach();
    void setPaused(bool paused);
    void endStep(std::vector<domain::NodeId> nodes); // that each of them has in work
    void readStream(const QString& node);
    void estimate(const domain::Plan& plan, std::vector<domain::NodeId> nodes, const campaign::RampTerms& ramp);

    std::shared_ptr<const domain::Fleet> fleet() const { return m_fleet; }
    std::shared_ptr<const campaign::Snapshot> snapshot() const { return m_snapshot; }
    const QString& storeFile() const { return m_storeFile; }
    const Tools& tools() const { return m_tools; }
    bool isLive() const { return m_active != nullptr; }
    bool isStopping() const { return m_stopping; }
    QuestionDesk& questions() { return m_questions; }

signals:
    void fleetChanged(std::shared_ptr<const seatrial::domain::Fleet> fleet);
    void fleetNoted(const std::vector<std::string>& notes); // what was left out of the file, and why
    void plansRead(const std::vector<seatrial::domain::Plan>& plans);
    void runsChanged(const std::vector<seatrial::store::RunSummary>& runs);
    void storeOpened(const QString& file);
    void runOpened(const seatrial::domain::RunInfo& info); // another run is shown from now on
    void snapshotChanged(std::shared_ptr<const seatrial::campaign::Snapshot> snapshot);
    void logReset();
    void logAppended(const std::vector<seatrial::campaign::LogLine>& lines);
    void computerSeen(const QList<seatrial::gui::ComputerLine>& lines);
    void streamRead(const QString& node, const QString& text);
    void estimated(const QString& plan, double seconds);
    void liveChanged(bool live);
    void stoppingChanged();
    void failed(seatrial::gui::Session::Place place, const seatrial::domain::Failure& failure);

private:
    using StorePointer = std::shared_ptr<store::Store>;

    template<typename Work, typename Deliver>
    void inBackground(Work work, Deliver deliver);
    domain::Result<StorePointer> storeForWriting();
    template<typename Launch>
    void launch(Launch launch);
    void takeRun(std::shared_ptr<ActiveRun> run);
    void arrived(std::shared_ptr<const campaign::Snapshot> snapshot);
    void letGo(); // of a run that ended, on a worker thread: its connections take a moment to close
    void showStored(std::shared_ptr<const campaign::Snapshot> snapshot, std::vector<campaign::LogLine> log);

    const Tools m_tools;
    QuestionDesk m_questions;
    RunRelay m_relay;
    std::shared_ptr<const domain::Fleet> m_fleet;
    std::shared_ptr<const campaign::Snapshot> m_snapshot;
    StorePointer m_store;
    QString m_storeFile;
    std::shared_ptr<ActiveRun> m_active;
    bool m_launching = false;
    bool m_stopping = false;
    int m_generation = 0; // of what was asked to be opened: an answer of an older one is dropped
    QHash<QString, int> m_estimates; // asked for, by plan
    QThreadPool m_pool;   // last member: its jobs use the others
};

} // namespace seatrial::gui
