/**
 * A stand-in for Stash's own interface: the same React, router, react-bootstrap, Apollo and react-intl, and the part of
 * `window.PluginApi` that a plugin's page uses, as ui/v2.5/src/pluginApi.tsx and patch.tsx of Stash have it.
 */
import * as Apollo from "@apollo/client";
import React from "react";
import * as Bootstrap from "react-bootstrap";
import ReactDOM from "react-dom";
import * as Intl from "react-intl";
import * as ReactRouterDOM from "react-router-dom";

const h = React.createElement;
const { Nav, Navbar, Tab, Toast } = Bootstrap;
const { Link, Route, Switch } = ReactRouterDOM;
const base = document.querySelector("base").getAttribute("href");

/* patch.tsx: functions by name, in the order of loading */
const patches = { before: {}, instead: {}, after: {} };
const patch = {};
for (const kind of Object.keys(patches)) patch[kind] = (name, fn) => (patches[kind][name] ||= []).push(fn);

function PatchFunction(name, fn) {
  return (...args) => {
    const before = (patches.before[name] || []).reduce((given, one) => {
      const next = one(...given);
      if (!Array.isArray(next)) throw Error(`before(${name}) must return an array`);
      return next;
    }, args);
    const chain = (patches.instead[name] || []).reduceRight(
      (next, one) => (...given) => one(...given, next),
      fn,
    );
    const result = chain(...before);
    return (patches.after[name] || []).reduce((found, one) => one(...before, found), result);
  };
}

/** As Stash: a component whose rendering can be patched; hooks inside belong to it. */
function Patched(name, fn) {
  const render = PatchFunction(name, fn);
  const Component = props => render(props, undefined);
  Component.displayName = name;
  return Component;
}

const Container = name => Patched(name, ({ children }) => h(React.Fragment, null, children));

const client = new Apollo.ApolloClient({
  link: new Apollo.HttpLink({ uri: `${base}graphql` }),
  cache: new Apollo.InMemoryCache(),
});

const ToastContext = React.createContext(null);
const routes = [];

window.PluginApi = {
  React,
  ReactDOM,
  libraries: { Apollo, Bootstrap, Intl, ReactRouterDOM },
  register: { route: (path, component) => routes.push({ path, component }), component: () => undefined },
  patch,
  components: {},
  loadableComponents: {},
  utils: { StashService: { getClient: () => client, getWSClient: () => ({ on: () => undefined }) } },
  hooks: { useToast: () => React.useContext(ToastContext) },
  Event: new EventTarget(),
};

/* components/MainNavbar.tsx: the utility items are rendered twice, for narrow and for wide screens */
const UtilityItems = Container("MainNavBar.UtilityItems");

function MainNavbar() {
  const items = () => h(UtilityItems, null, h(Link, { className: "nav-utility btn minimal", to: "/settings", title: "Settings", "aria-label": "Settings" }, "⚙"));
  return h(
    Navbar,
    { fixed: "top", expand: "xl", variant: "dark", bg: "dark", className: "top-nav" },
    h(Link, { className: "navbar-brand", to: "/" }, "Stash"),
    h(Nav, { className: "mr-auto" }, h(Link, { className: "nav-link", to: "/scenes/1" }, "Scenes")),
    h("div", { className: "d-none d-sm-flex" }, items()),
    h("div", { className: "d-flex d-sm-none" }, items()),
  );
}

/* components/Scenes/SceneDetails/Scene.tsx */
const Tabs = Container("ScenePage.Tabs");
const TabContent = Container("ScenePage.TabContent");

const SCENE = Apollo.gql`query FindScene($id: ID!) { findScene(id: $id) { id title details } }`;
const UPDATE = Apollo.gql`mutation SceneUpdate($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id title } }`;

const ScenePage = Patched("ScenePage", () => {
  const { id } = ReactRouterDOM.useParams();
  const { data } = Apollo.useQuery(SCENE, { variables: { id }, fetchPolicy: "network-only" });
  const [update] = Apollo.useMutation(UPDATE);
  const [title, setTitle] = React.useState("");
  const scene = data && data.findScene;
  React.useEffect(() => setTitle((scene && scene.title) || ""), [scene]);
  if (!scene) return null;
  return h(
    "div",
    { className: "row" },
    h(
      "div",
      { className: "scene-tabs order-xl-first order-last" },
      h("h1", { className: "scene-header" }, scene.title || `Scene ${id}`),
      h(
        Tab.Container,
        { defaultActiveKey: "scene-edit-panel" },
        h(Nav, { variant: "tabs" }, h(Tabs, { scene }, h(Nav.Item, null, h(Nav.Link, { eventKey: "scene-edit-panel" }, "Edit")))),
        h(
          Tab.Content,
          null,
          h(
            TabContent,
            { scene },
            h(
              Tab.Pane,
              { eventKey: "scene-edit-panel" },
              h(
                "form",
                { onSubmit: event => (event.preventDefault(), update({ variables: { input: { id, title } } })) },
                h("label", { htmlFor: "title" }, "Title"),
                h("input", { id: "title", className: "form-control text-input", value: title, onChange: event => setTitle(event.target.value) }),
                h("button", { type: "submit", className: "btn btn-primary" }, "Save"),
              ),
            ),
          ),
        ),
      ),
    ),
  );
});

/* components/Settings/SettingsPluginsPanel.tsx */
const PluginSettings = Patched("PluginSettings", ({ pluginID }) => h("div", { className: "setting-section" }, h("h1", null, pluginID)));

function Settings() {
  return h("main", { className: "container" }, h(PluginSettings, { pluginID: "Another" }), h(PluginSettings, { pluginID: "PlexSync" }));
}

/* components/ErrorBoundary.tsx: one throw, and the whole page is this */
class ErrorBoundary extends React.Component {
  state = { error: null };
  static getDerivedStateFromError(error) {
    return { error };
  }
  render() {
    return this.state.error ? h("h1", { className: "host-broken" }, "Something went wrong.") : this.props.children;
  }
}

/* hooks/Toast.tsx: one at a time */
function Toasts({ children }) {
  const [shown, setShown] = React.useState(null);
  const api = React.useMemo(() => ({
    toast: setShown,
    success: content => setShown({ content, variant: "success" }),
    error: error => setShown({ content: String(error), variant: "danger" }),
  }), []);
  return h(
    ToastContext.Provider,
    { value: api },
    children,
    h("div", { className: "toast-container row" }, shown && h(Toast, { className: shown.variant, autohide: true, delay: shown.delay || 3000, onClose: () => setShown(null) }, h(Toast.Header, null, shown.content))),
  );
}

function App() {
  return h(
    ErrorBoundary,
    null,
    h(
      Intl.IntlProvider,
      { locale: "en-GB", messages: {} },
      h(
        Apollo.ApolloProvider,
        { client },
        h(
          ReactRouterDOM.BrowserRouter,
          { basename: base.replace(/\/$/, "") },
          h(
            Toasts,
            null,
            h(MainNavbar),
            h(
              "div",
              { className: "main container-fluid", role: "main" },
              h(
                Switch,
                null,
                h(Route, { exact: true, path: "/" }, h("p", null, "Stash")),
                h(Route, { path: "/scenes/:id", component: ScenePage }),
                h(Route, { path: "/settings", component: Settings }),
                routes.map(route => h(Route, { key: route.path, path: route.path, component: route.component })),
                h(Route, null, h("p", { className: "host-404" }, "Page not found")),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/* plugins.tsx: the whole interface waits until each plugin's script has loaded or failed */
const scripts = window.hostPlugins.map(
  id =>
    new Promise(done => {
      const style = document.createElement("link");
      Object.assign(style, { rel: "stylesheet", href: `plugin/${id}/css` });
      document.head.append(style);
      const script = document.createElement("script");
      Object.assign(script, { src: `plugin/${id}/javascript`, onload: done, onerror: done });
      document.head.append(script);
    }),
);
Promise.all(scripts).then(() => ReactDOM.render(h(App), document.getElementById("root")));
